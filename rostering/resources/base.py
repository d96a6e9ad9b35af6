"""What every import and export of owned rows shares: one organization, codes instead of ids, all rows or none.

A resource declares its columns and what identifies a row; everything here follows from that. Reading, checking and
writing are three passes, so that a file of thousands of rows needs a handful of queries. The work is done in
`import_data_inner` instead of the library's row by row steps: those know neither codes of related rows in bulk
operations nor the line of the file a row stands on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import NOT_PROVIDED, QuerySet
from django.utils.html import escape
from django.utils.safestring import mark_safe
from import_export import exceptions
from import_export.resources import Resource
from import_export.results import RowResult

from rostering.models import Organization
from rostering.resources.formats import MAX_ROWS, ImportRefused
from rostering.resources.lookups import Lookups
from rostering.resources.rows import Column, ImportResult, RefusalError, Row, import_type

BATCH = 1000


class OrganizationResource(Resource):
    """Imports and exports the rows of one organization, which the caller names and the file cannot.

    Without an organization nothing can be imported, and nothing is exported unless `all_organizations` says that the
    caller (platform staff) may see every row of the queryset; the export then begins with an `organization` column.
    """

    file_name: ClassVar[str]
    """Name of the file in a folder, without its extension."""
    key: ClassVar[tuple[str, ...]]
    """Attributes that identify a row within the organization."""
    examples: ClassVar[list[dict[str, Any]]]
    """Rows of the template, by column; together with the other templates they import as they are."""

    def __init__(
        self, *, organization: Organization | None = None, all_organizations: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.organization, self.all_organizations = organization, all_organizations
        self._bind()
        self._present: list[Column] = []

    def _bind(self) -> None:
        if self.organization is not None:
            lookups = Lookups(self.organization)
            for column in self.fields.values():
                column.widget.lookups = lookups

    @classmethod
    def get_result_class(cls) -> type[ImportResult]:
        """Results with short lists."""
        return ImportResult

    @classmethod
    def get_display_name(cls) -> str:
        """What the import page calls it."""
        return cls.file_name.replace("_", " ").capitalize()

    @classmethod
    def columns(cls) -> list[Column]:
        """The columns, in the order of templates and exports."""
        return list(cls.fields.values())

    # --- what a resource may say about itself -------------------------------------------------------------------

    def build(self, row: Row) -> dict[str, Any]:
        """Attributes from the row's values, which are by column; notes what is wrong where columns belong together."""
        return {self.fields[name].attribute: value for name, value in row.values.items()}

    def check(self, row: Row) -> None:
        """Note what is wrong between columns of `row.instance`; single columns are checked already."""

    def narrow(self, rows: QuerySet[Any], wanted: Sequence[Row]) -> QuerySet[Any]:
        """The stored rows the file can be about; all of the organization's unless there are too many to load."""
        return rows

    # --- export -------------------------------------------------------------------------------------------------

    def get_queryset(self) -> QuerySet[Any]:
        """The organization's rows alone, with what the columns name."""
        rows = self._meta.model.objects.all()
        if not self.all_organizations:
            rows = rows.filter(organization=self.organization) if self.organization else rows.none()
        model_fields = self._meta.model._meta.concrete_fields
        related = [f.name for f in model_fields if isinstance(f, models.ForeignKey)]
        named = [column.attribute for column in self.fields.values() if column.many]
        found: QuerySet[Any] = rows.select_related(*related).prefetch_related(*named)
        return found

    def filter_export(self, queryset: QuerySet[Any], **kwargs: Any) -> QuerySet[Any]:
        """Whatever the caller hands in, only the organization's rows leave."""
        return self.get_queryset().filter(pk__in=queryset.order_by().values("pk"))

    def get_export_headers(self, selected_fields: Any = None) -> list[str]:
        """Column names, after the organization's where several are exported."""
        headers: list[str] = super().get_export_headers(selected_fields)
        return ["organization", *headers] if self.all_organizations else headers

    def export_resource(self, instance: Any, selected_fields: Any = None, **kwargs: Any) -> list[Any]:
        """The cells of a row."""
        cells: list[Any] = super().export_resource(instance, selected_fields, **kwargs)
        return [instance.organization.slug, *cells] if self.all_organizations else cells

    # --- import -------------------------------------------------------------------------------------------------

    def import_data(self, dataset: Any, dry_run: bool = False, **kwargs: Any) -> ImportResult:
        """Import all rows or, when anything is wrong with any of them, none. See the library for the result."""
        kwargs |= {"use_transactions": True, "rollback_on_validation_errors": True}
        result: ImportResult = super().import_data(dataset, dry_run=dry_run, **kwargs)
        return result

    def import_data_inner(
        self,
        dataset: Any,
        dry_run: bool,
        raise_errors: bool,
        using_transactions: bool,
        collect_failed_rows: bool,
        **kwargs: Any,
    ) -> ImportResult:
        """Read, check, write: the steps inside the library's transaction."""
        result = ImportResult()
        result.diff_headers, result.total_rows = self.get_diff_headers(), len(dataset)
        try:
            self._bind()
            self._open(dataset)
            rows = [self._read(line, cells) for line, cells in self._numbered(dataset)]
            self._match(rows)
            if not any(row.errors for row in rows):
                self._write(rows)
        except ImportRefused as refusal:
            result.append_base_error(RefusalError(refusal))
            rows = []
        self._report(result, rows, bool(kwargs.get("retain_instance_in_row_result")))
        if raise_errors and (result.base_errors or result.invalid_rows):
            wrong = result.base_errors or result.invalid_rows
            raise exceptions.ImportError(wrong[0].error, number=wrong[0].number)
        return result

    def _open(self, dataset: Any) -> None:
        """Find out which columns the file has; refuse the file when they are not ours."""
        if self.organization is None:
            raise ImportRefused("Choose the organization to import into first.")
        if len(dataset) > MAX_ROWS:
            raise ImportRefused(f"The file has more than {MAX_ROWS:,} rows; split it into several.")
        names = {name: column for column in self.fields.values() for name in (column.column_name, *column.names)}
        headers = [str(header or "").strip().lower().replace(" ", "_") for header in dataset.headers or []]
        unknown = [header or "(without a name)" for header in headers if header not in names]
        self._present = [names[header] for header in headers if header in names]
        missing = [column.column_name for column in self.columns_required() if column not in self._present]
        twice = {column.column_name for column in self._present if self._present.count(column) > 1}
        problems = [
            *([f"does not know {_listed(unknown)}"] if unknown else []),
            *([f"misses {_listed(missing)}"] if missing else []),
            *([f"finds {_listed(sorted(twice))} more than once"] if twice else []),
        ]
        if problems:
            raise ImportRefused(f"The import {' and '.join(problems)} among the columns. {self.expected()}")

    def columns_required(self) -> list[Column]:
        """The columns a file must have."""
        return [column for column in self.fields.values() if column.required]

    def expected(self) -> str:
        """A sentence that lists the columns."""
        needed = [column.column_name for column in self.columns_required()]
        others = [column.column_name for column in self.fields.values() if not column.required]
        return f"Expected are {', '.join(needed)}; and, if you like, {', '.join(others)}."

    def _numbered(self, dataset: Any) -> Iterable[tuple[int, Any]]:
        lines = getattr(dataset, "lines", None) or range(2, len(dataset) + 2)
        return zip(lines, dataset, strict=True)

    def _read(self, line: int, cells: Any) -> Row:
        row = Row(line, {column.column_name: cell for column, cell in zip(self._present, cells, strict=True)})
        for column in self._present:
            name = column.column_name
            try:
                value = column.widget.clean(row.cells[name], row=row.cells)
            except ValueError as error:
                row.wrong(name, str(error))
                continue
            if value is None and column.required:
                row.wrong(name, "The cell is empty; fill it in.")
            row.values[name] = self._empty(column) if value is None else value
        return row

    def _empty(self, column: Column) -> Any:
        if column.empty is not NOT_PROVIDED or column.attribute is None:
            return None if column.empty is NOT_PROVIDED else column.empty
        model_field = self._meta.model._meta.get_field(column.attribute)
        return None if model_field.null else model_field.get_default()

    def _match(self, rows: list[Row]) -> None:
        """Turn rows into new or stored instances with their values set, noting what is wrong."""
        for row in rows:
            if not row.errors:
                row.values = self.build(row)
        good = [row for row in rows if not row.errors]
        for row in good:
            row.key = tuple(_identity(row.values[name]) for name in self.key)
        stored = self._stored(good)
        first: dict[tuple[Any, ...], int] = {}
        for row in good:
            if (line := first.setdefault(row.key, row.line)) != row.line:
                row.wrong(NON_FIELD_ERRORS, f"The file has the same entry on line {line}; keep one of them.")
                continue
            self._apply(row, stored.get(row.key))

    def _stored(self, rows: Sequence[Row]) -> dict[tuple[Any, ...], Any]:
        assert self.organization is not None  # noqa: S101 – `_open` has refused otherwise
        found = self.narrow(self.get_queryset(), rows) if rows else ()
        stored: dict[tuple[Any, ...], Any] = {}
        for instance in found:
            stored.setdefault(tuple(_identity(getattr(instance, name)) for name in self.key), instance)
        return stored

    def _apply(self, row: Row, stored: Any) -> None:
        row.new = stored is None
        row.instance = self._meta.model(organization=self.organization) if row.new else stored
        single = {name: value for name, value in row.values.items() if not self._is_many(name)}
        row.changed = row.new or any(_identity(getattr(stored, name)) != _identity(v) for name, v in single.items())
        for name in row.values.keys() - single.keys():
            wanted = {other.pk for other in row.values[name]}
            before = set() if row.new else {other.pk for other in getattr(stored, name).all()}
            if wanted != before:
                row.many[name], row.changed = wanted, True
        before_cells = None if row.new or not row.changed else self._cells(stored)
        for name, value in ((row.defaults | single) if row.new else single).items():
            setattr(row.instance, name, value)
        if row.changed:
            self._clean(row)
        if not row.errors:
            self._show(row, before_cells)

    def _is_many(self, attribute: str) -> bool:
        return bool(self._meta.model._meta.get_field(attribute).many_to_many)

    def _clean(self, row: Row) -> None:
        """The model's own checks of each column, then those between columns; links were looked up already."""
        links = [f.name for f in self._meta.model._meta.concrete_fields if isinstance(f, models.ForeignKey)]
        try:
            row.instance.clean_fields(exclude=links)
        except ValidationError as errors:
            for name, messages in errors.message_dict.items():
                for message in messages:
                    row.wrong(self._column_of(name), message)
        if not row.errors:
            self.check(row)

    def _column_of(self, attribute: str) -> str:
        for column in self.fields.values():
            if column.attribute == attribute:
                return str(column.column_name)
        return NON_FIELD_ERRORS

    # --- what the preview shows ---------------------------------------------------------------------------------

    def _cells(self, instance: Any) -> list[str]:
        return [
            str(self.export_field(column, instance)) if not (column.many and instance.pk is None) else ""
            for column in self.get_import_fields()
        ]

    def _show(self, row: Row, before: list[str] | None) -> None:
        after = self._cells(row.instance)
        for position, column in enumerate(self.get_import_fields()):
            if column.many and column.attribute in row.values:
                after[position] = column.widget.render(row.values[column.attribute])
        row.diff = [
            escape(new)
            if before is None or old == new
            else mark_safe(f"<del>{escape(old)}</del> <ins>{escape(new)}</ins>")  # noqa: S308
            for old, new in zip(before or after, after, strict=True)
        ]

    def _report(self, result: ImportResult, rows: list[Row], keep_instances: bool) -> None:
        for row in rows:
            found = RowResult()
            found.import_type = import_type(row)
            found.diff = row.diff
            if row.errors:
                found.validation_error = ValidationError(row.errors)
                result.append_invalid_row(row.line, row.cells, found.validation_error)
            elif row.changed and keep_instances:
                found.instance = row.instance
                found.add_instance_info(row.instance)
            result.increment_row_result_total(found)
            result.append_row_result(found)

    # --- writing ------------------------------------------------------------------------------------------------

    def _write(self, rows: list[Row]) -> None:
        """Insert and update in bulk; raises ImportRefused with the database's objection as a sentence."""
        model = self._meta.model
        changed = [row for row in rows if row.changed]
        written = sorted({name for row in changed for name in row.values if not self._is_many(name)})
        try:
            with transaction.atomic():
                model.objects.bulk_create([row.instance for row in changed if row.new], batch_size=BATCH)
                updated = [row.instance for row in changed if not row.new]
                if updated and written:
                    model.objects.bulk_create(
                        updated,
                        batch_size=BATCH,
                        update_conflicts=True,
                        unique_fields=["id"],
                        update_fields=[name for name in written if name not in self.key] or written,
                    )
                for name in {name for row in changed for name in row.many}:
                    self._write_many(name, [row for row in changed if name in row.many])
        except IntegrityError as error:
            raise ImportRefused(self._objection(error)) from error

    def _write_many(self, name: str, rows: list[Row]) -> None:
        relation: Any = self._meta.model._meta.get_field(name)
        through = relation.remote_field.through
        mine, other = relation.m2m_field_name() + "_id", relation.m2m_reverse_field_name() + "_id"
        through.objects.filter(**{f"{mine}__in": [row.instance.pk for row in rows if not row.new]}).delete()
        links = [through(**{mine: row.instance.pk, other: pk}) for row in rows for pk in sorted(row.many[name])]
        through.objects.bulk_create(links, batch_size=5 * BATCH)

    def _objection(self, error: IntegrityError) -> str:
        """The sentence of the constraint that was broken."""
        broken = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        constraints = [c for model in _models() for c in model._meta.constraints if c.name == broken]
        sentence = constraints[0].get_violation_error_message() if constraints else str(error).split("\n")[0]
        return f"The database refuses the rows together: {sentence}"


def _models() -> list[type[models.Model]]:
    return list(Organization._meta.apps.get_app_config("rostering").get_models())


def _identity(value: Any) -> Any:
    """What is compared: the id of a row, else the value."""
    if isinstance(value, models.Model):
        return value.pk
    return tuple(value) if isinstance(value, list) else value


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
