"""Uploads: rules, chosen files, writers for their bytes, and the markup of file inputs."""

from pyview.uploads.config import ActiveUpload, Postpone, UploadConfig, UploadInProgress
from pyview.uploads.constraints import UploadConstraints, UploadRulesError
from pyview.uploads.entry import (
    ConstraintViolation,
    ExternalUploadMeta,
    UploadEntry,
    UploadFailure,
    UploadRejected,
    UploadResult,
    UploadSuccess,
    UploadSuccessWithData,
)
from pyview.uploads.markup import live_file_input, live_img_preview, upload_errors, upload_preview_tag
from pyview.uploads.writers import (
    CloseReason,
    MemoryWriter,
    StoredBytes,
    StoredFile,
    TempFileWriter,
    UploadWriter,
)

__all__ = [
    "ActiveUpload",
    "CloseReason",
    "ConstraintViolation",
    "ExternalUploadMeta",
    "MemoryWriter",
    "Postpone",
    "StoredBytes",
    "StoredFile",
    "TempFileWriter",
    "UploadConfig",
    "UploadConstraints",
    "UploadEntry",
    "UploadFailure",
    "UploadInProgress",
    "UploadRejected",
    "UploadResult",
    "UploadRulesError",
    "UploadSuccess",
    "UploadSuccessWithData",
    "UploadWriter",
    "live_file_input",
    "live_img_preview",
    "upload_errors",
    "upload_preview_tag",
]
