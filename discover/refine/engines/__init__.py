"""The search engines, one in each file, which bears its name in recipes."""
