"""Pages of lists."""

from __future__ import annotations

from rest_framework.pagination import PageNumberPagination


class PageSizePagination(PageNumberPagination):
    """`{count, next, previous, results}`: 50 a page, up to 500 by `page_size`."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500
    invalid_page_message = "There is no page {page_number}; pages count from 1 to the last one that has rows."
