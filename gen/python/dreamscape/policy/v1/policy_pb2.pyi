from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Access(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ACCESS_UNSPECIFIED: _ClassVar[Access]
    ACCESS_PUBLIC: _ClassVar[Access]
    ACCESS_USER: _ClassVar[Access]
    ACCESS_OWNER: _ClassVar[Access]
    ACCESS_ADMIN: _ClassVar[Access]
    ACCESS_SERVICE: _ClassVar[Access]

class RateClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RATE_CLASS_UNSPECIFIED: _ClassVar[RateClass]
    RATE_CLASS_NONE: _ClassVar[RateClass]
    RATE_CLASS_API: _ClassVar[RateClass]
    RATE_CLASS_AUTH: _ClassVar[RateClass]
    RATE_CLASS_LOGIN: _ClassVar[RateClass]

class IdempotencyKey(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IDEMPOTENCY_KEY_UNSPECIFIED: _ClassVar[IdempotencyKey]
    IDEMPOTENCY_KEY_REQUIRED: _ClassVar[IdempotencyKey]

class Format(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FORMAT_UNSPECIFIED: _ClassVar[Format]
    FORMAT_EMAIL: _ClassVar[Format]
    FORMAT_DATE: _ClassVar[Format]
    FORMAT_UUID: _ClassVar[Format]
ACCESS_UNSPECIFIED: Access
ACCESS_PUBLIC: Access
ACCESS_USER: Access
ACCESS_OWNER: Access
ACCESS_ADMIN: Access
ACCESS_SERVICE: Access
RATE_CLASS_UNSPECIFIED: RateClass
RATE_CLASS_NONE: RateClass
RATE_CLASS_API: RateClass
RATE_CLASS_AUTH: RateClass
RATE_CLASS_LOGIN: RateClass
IDEMPOTENCY_KEY_UNSPECIFIED: IdempotencyKey
IDEMPOTENCY_KEY_REQUIRED: IdempotencyKey
FORMAT_UNSPECIFIED: Format
FORMAT_EMAIL: Format
FORMAT_DATE: Format
FORMAT_UUID: Format
METHOD_FIELD_NUMBER: _ClassVar[int]
method: _descriptor.FieldDescriptor
FIELD_FIELD_NUMBER: _ClassVar[int]
field: _descriptor.FieldDescriptor
JOIN_FIELD_NUMBER: _ClassVar[int]
join: _descriptor.FieldDescriptor

class MethodPolicy(_message.Message):
    __slots__ = ("access", "rate", "timeout_ms", "cache_ttl_s", "idempotency_key", "audit", "cost", "success_status", "callers", "expose", "join_only", "max_body_bytes")
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_MS_FIELD_NUMBER: _ClassVar[int]
    CACHE_TTL_S_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    AUDIT_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_STATUS_FIELD_NUMBER: _ClassVar[int]
    CALLERS_FIELD_NUMBER: _ClassVar[int]
    EXPOSE_FIELD_NUMBER: _ClassVar[int]
    JOIN_ONLY_FIELD_NUMBER: _ClassVar[int]
    MAX_BODY_BYTES_FIELD_NUMBER: _ClassVar[int]
    access: Access
    rate: RateClass
    timeout_ms: int
    cache_ttl_s: int
    idempotency_key: IdempotencyKey
    audit: bool
    cost: int
    success_status: int
    callers: _containers.RepeatedScalarFieldContainer[str]
    expose: str
    join_only: bool
    max_body_bytes: int
    def __init__(self, access: _Optional[_Union[Access, str]] = ..., rate: _Optional[_Union[RateClass, str]] = ..., timeout_ms: _Optional[int] = ..., cache_ttl_s: _Optional[int] = ..., idempotency_key: _Optional[_Union[IdempotencyKey, str]] = ..., audit: _Optional[bool] = ..., cost: _Optional[int] = ..., success_status: _Optional[int] = ..., callers: _Optional[_Iterable[str]] = ..., expose: _Optional[str] = ..., join_only: _Optional[bool] = ..., max_body_bytes: _Optional[int] = ...) -> None: ...

class FieldPolicy(_message.Message):
    __slots__ = ("sensitive", "min_size", "max_size", "pattern", "format", "minimum", "maximum", "example")
    SENSITIVE_FIELD_NUMBER: _ClassVar[int]
    MIN_SIZE_FIELD_NUMBER: _ClassVar[int]
    MAX_SIZE_FIELD_NUMBER: _ClassVar[int]
    PATTERN_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    EXAMPLE_FIELD_NUMBER: _ClassVar[int]
    sensitive: bool
    min_size: int
    max_size: int
    pattern: str
    format: Format
    minimum: int
    maximum: int
    example: str
    def __init__(self, sensitive: _Optional[bool] = ..., min_size: _Optional[int] = ..., max_size: _Optional[int] = ..., pattern: _Optional[str] = ..., format: _Optional[_Union[Format, str]] = ..., minimum: _Optional[int] = ..., maximum: _Optional[int] = ..., example: _Optional[str] = ...) -> None: ...

class Join(_message.Message):
    __slots__ = ("field", "rpc", "parent", "request", "items", "key", "group", "max_batch_size")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    RPC_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    MAX_BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    field: str
    rpc: str
    parent: str
    request: str
    items: str
    key: str
    group: bool
    max_batch_size: int
    def __init__(self, field: _Optional[str] = ..., rpc: _Optional[str] = ..., parent: _Optional[str] = ..., request: _Optional[str] = ..., items: _Optional[str] = ..., key: _Optional[str] = ..., group: _Optional[bool] = ..., max_batch_size: _Optional[int] = ...) -> None: ...
