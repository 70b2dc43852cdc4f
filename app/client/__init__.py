"""A client of the public API: queries and files over HTTP, subscriptions over WebSocket.

It knows nothing of the server's code, only its contract, and could live in a program of its own.
"""

from app.client.answers import Lost, Problem, Refused, Unavailable
from app.client.client import Client, is_loopback

__all__ = ["Client", "Lost", "Problem", "Refused", "Unavailable", "is_loopback"]
