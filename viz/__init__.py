"""What people look at: terminal output, printed pages, the explorer, the dossier."""
