"""The ASGI server: routes, request parameters, authentication, memory."""
