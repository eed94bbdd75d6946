"""Scans: taken as bytes, known by their SHA-256, kept outside of every published folder, never opened here.

A file is given out as an attachment only, under a policy that lets it do nothing, or as an image that a confined
child process has drawn (`drawing`).
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from tallyroom.console.accounts.access import needs, person_of
from tallyroom.console.accounts.duties import Action
from tallyroom.console.accounts.models import User
from tallyroom.console.accounts.trail import note
from tallyroom.console.desk import work
from tallyroom.console.desk.models import FormRow, Scan
from tallyroom.console.desk.screens import refused, steps, to_form
from tallyroom.console.submissions.outbox import submit, wait
from tallyroom.console.submissions.wiring import room
from tallyroom.intake import desk
from tallyroom.intake.evidence import FOLDER, attach
from tallyroom.intake.refusal import BeingEntered, StaleVersion
from tallyroom.intake.stages import Stage
from tallyroom.intake.stationform import Form
from tallyroom.record.acts import Attachment, Evidence

LARGEST = 20 * 2**20
"""Bytes of all files of one request."""
MOST = 8
"""Files of one request."""
KINDS = {b"%PDF-": ".pdf", b"\xff\xd8\xff": ".jpg", b"\x89PNG\r\n\x1a\n": ".png"}
"""What a file of each kind begins with, and the ending that names the kind."""
NOTHING = "default-src 'none'; sandbox"
"""The policy of a file that is given out."""
Upload: TypeAlias = "UploadedFile[Any]"
STOPPED = "tallyroom.upload_stopped"


class Capped(FileUploadHandler):
    """Stops reading a request whose files are together larger than LARGEST; the view is told."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._read = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Count, and pass on."""
        self._read += len(raw_data)
        if self._read > LARGEST:
            if self.request is not None:
                self.request.META[STOPPED] = True
            raise StopUpload(connection_reset=True)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next handler has the file."""


def uploads(request: HttpRequest) -> "list[Upload] | str":
    """The files of a request, or why they are not taken."""
    files = request.FILES.getlist("scans")
    if request.META.get(STOPPED):
        most = LARGEST >> 20
        return _("The files are larger than %(most)s MB together. Scan at a lower resolution.") % {"most": most}
    if len(files) > MOST:
        return _("At most %(most)s files at once.") % {"most": MOST}
    if any(not kind_of(file) for file in files):
        return _("Only PDF, JPEG and PNG files are taken.")
    return files


def kind_of(file: Upload) -> str:
    """The ending of a file's kind by its first bytes, whatever its name says; "" for none of ours."""
    file.seek(0)
    head = file.read(16)
    file.seek(0)
    return next((ending for begin, ending in KINDS.items() if head.startswith(begin)), "")


def keep(files: Sequence[Upload], row: FormRow, user: User) -> tuple[Evidence, ...]:
    """Put files into the evidence folder, and list them with the form; what acts say of them."""
    found = []
    for file in files:
        with tempfile.NamedTemporaryFile(suffix=kind_of(file)) as beside:
            for piece in file.chunks():
                beside.write(piece)
            beside.flush()
            evidence = attach(room().folder, Path(beside.name))
        named = {"length": evidence.bytes, "media": evidence.media, "user": user}
        Scan.objects.get_or_create(form=row, sha256=evidence.sha256, defaults=named)
        found.append(evidence)
    return tuple(dict.fromkeys(found))


@require_POST
@needs(Action.RECEIVE)
@steps
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """More scans of a form: before its figures are filed they go into the protocol's act, afterwards into their own."""
    user = person_of(request)
    row = work.visible(user, pk, Action.RECEIVE)
    files = uploads(request)
    if isinstance(files, str):
        return refused(request, files, pk, 413)
    if not files:
        return refused(request, _("No file was chosen."), pk, 400)
    evidence = keep(files, row, user)
    hand = work.Hand.of(request)
    with transaction.atomic():
        row = work.visible(user, pk, Action.RECEIVE)
        form = row.form
        if form.target is not None:
            raise BeingEntered
        if form.stage == Stage.ACCEPTED and form.act is not None:
            act = Attachment(at=work.now(), act=form.act, evidence=evidence)
            attached = submit([act], work.SIGNER, user, hand.key, Action.RECEIVE, row.area)
        else:
            attached = None
            _list(row, form, evidence)
        note(user, "scans added", f"form {pk}", request, files=[one.sha256 for one in evidence])
    if attached is not None:
        wait(attached, work.PATIENCE)
    return to_form(row)


def _list(row: FormRow, form: Form, evidence: Sequence[Evidence]) -> None:
    """Put scans on a form that is not yet filed."""
    before = form.version
    for one in evidence:
        form = desk.scanned(form, one)
    row.put(form)
    values = {"data": row.data, "version": row.version, "changed_at": row.changed_at}
    if not FormRow.objects.filter(pk=row.pk, version=before).update(**values):
        raise StaleVersion(seen=before, now=before + 1)


@require_GET
@needs(Action.READ_FORMS)
def download(request: HttpRequest, pk: int, sha256: str) -> HttpResponse:
    """The file as it came, as an attachment that a browser does not open in the console's name."""
    row = work.visible(person_of(request), pk)
    scan = row.scans.filter(sha256=sha256).first()
    if scan is None:
        raise Http404
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f'attachment; filename="{row.pk}-{scan.sha256[:12]}{ending(scan)}"',
        "Content-Security-Policy": NOTHING,
    }
    return HttpResponse(stored(scan), headers=headers)


def stored(scan: Scan) -> bytes:
    """The kept file.  Raises Http404 where it is not here."""
    try:
        return (room().folder / FOLDER / scan.sha256).read_bytes()
    except OSError as error:
        raise Http404 from error


def ending(scan: Scan) -> str:
    """The ending of a scan's kind."""
    return {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}.get(scan.media, "")
