"""Servers: what is known of each kind of server, and what is found out by asking it something tiny."""
