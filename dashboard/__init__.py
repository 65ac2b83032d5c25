"""Streamlit pages and HTTP routes over `core`; never imports torch."""
