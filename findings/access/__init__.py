"""Who may see and do what: users, keys, sessions, roles, scopes, recusal, and the rule of two persons."""
