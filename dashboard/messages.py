"""Heads of pages, error messages, empty pages and links between pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import streamlit as st

from core import WinnowError


@contextmanager
def show_errors() -> Iterator[None]:
    """Show the message of a WinnowError instead of a traceback.

    It is also a decorator: `@show_errors()`.
    """
    try:
        yield
    except WinnowError as error:
        st.error(str(error))


def page_head(title: str, question: str) -> None:
    """Draw the title of a page and, close below it, the question that the page answers.

    Args:
        title: Name of the page, as in the navigation.
        question: One line.
    """
    with st.container(key="page-head", gap=None):  # its spacing stands in assets/style.css
        st.title(title, anchor=False)
        st.caption(question)


def empty_page(message: str, next_step: str, page: str) -> NoReturn:
    """Show a message and a link to the next step, then end the page.

    Args:
        message: What is missing.
        next_step: Text of the link.
        page: URL path of the page that the link opens.
    """
    st.info(message)
    page_link(page, next_step)
    st.stop()


def page_link(page: str, label: str, **query: str) -> None:
    """Draw a link to a page; plain text where the app has registered no pages.

    Args:
        page: URL path of the page.
        label: Text of the link.
        query: Query parameters of the link.
    """
    pages = st.session_state.get("pages", {})
    if page in pages:
        st.page_link(pages[page], label=f"{label} →", query_params=query or None)
    else:
        st.markdown(f"{label}: page **{page.title()}**")
