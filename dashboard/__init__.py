"""The roof: Streamlit pages and a few routes over `core`. It draws; it never computes and never imports torch."""
