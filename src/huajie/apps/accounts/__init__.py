"""How staff prove who they are: passwords, second factors, one-time codes, sessions, and what they had half written."""
