"""权力与小官巨贪: power out of proportion, and what it draws."""
