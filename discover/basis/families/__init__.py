"""The families of edge functions, one in each file, which bears its name in recipes."""
