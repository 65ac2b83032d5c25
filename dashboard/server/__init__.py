"""ASGI server: Streamlit pages, JSON and image routes, authentication."""
