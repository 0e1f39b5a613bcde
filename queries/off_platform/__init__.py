"""Trading outside the platform 平台之外交易."""
