"""The walk over an expression: cel-go's, node by node."""

import functools
from collections.abc import Iterable, Mapping, Sequence

from steersman.cel import ast, declarations, types
from steersman.cel.amounts import (
    CREATE_LIST,
    CREATE_MAP,
    CREATE_STRUCT,
    LIMIT,
    NOTHING,
    STRING_TRAVERSAL,
    UNIT,
    UNKNOWN,
    Cost,
    Size,
    add,
)
from steersman.cel.estimates import CallEstimate, Node, NoSizes, Sizer
from steersman.cel.estimating import standard
from steersman.cel.estimating.memory import NOWHERE, Entries, Local, Path


def estimate(checked: ast.Checked, environment: declarations.Names, sizer: Sizer | None = None) -> Cost:
    return Walk(checked, environment, sizer or NoSizes()).cost(checked.root)


@functools.lru_cache(maxsize=64)
def _overloads(
    libraries: tuple[declarations.Library, ...],
) -> Mapping[str, tuple[str, declarations.Overload]]:
    return {
        overload.id: (function.name, overload)
        for library in libraries
        for function in library.functions
        for overload in function.overloads
    }


class Walk:
    """One walk over one expression: the Estimator that an `Overload.estimate` asks."""

    def __init__(self, checked: ast.Checked, environment: declarations.Names, sizer: Sizer) -> None:
        self._checked = checked
        self._overloads = _overloads(environment.libraries)
        self._sizer = sizer
        self._paths: dict[int, Path] = {}
        self._sizes: dict[int, Size] = {}
        self._entries: dict[int, Entries] = {}
        self._locals: dict[str, list[Local]] = {}

    # What estimates of overloads ask.

    def size_of(self, node: Node) -> Size:
        if node.size is not None:
            return node.size
        known = self._sizer.size(node)
        return UNKNOWN if known is None else known

    # The walk.

    def cost(self, e: ast.Expr) -> Cost:
        if isinstance(e, ast.Literal):
            return NOTHING
        if isinstance(e, ast.Ident):
            return self._ident(e, e.name)
        if isinstance(e, ast.Select):
            return self._select(e)
        if isinstance(e, ast.Call):
            return self._call(e)
        if isinstance(e, ast.CreateList):
            return self._create_list(e)
        if isinstance(e, ast.CreateMap):
            return self._create_map(e)
        if isinstance(e, ast.CreateStruct):
            return self._sum(field.value for field in e.fields) + Cost.fixed(CREATE_STRUCT)
        if isinstance(e, ast.Comprehension):
            return self._bind(e) if _is_bind(e) else self._comprehension(e)
        raise TypeError(type(e))

    def _sum(self, exprs: Iterable[ast.Expr]) -> Cost:
        total = NOTHING
        for expr in exprs:
            total += self.cost(expr)
        return total

    def _ident(self, e: ast.Expr, name: str) -> Cost:
        local = self._local(name)
        self._paths[e.id] = local.path if local else Path.start(name)
        return UNIT

    def _select(self, e: ast.Select) -> Cost:
        if e.test_only:  # Kubernetes counts nothing for `has` itself
            return self.cost(e.operand)
        reference = self._checked.references.get(e.id)
        if reference is not None and reference.name:
            return self._ident(e, reference.name)
        total = self.cost(e.operand)
        if self._checked.types[e.operand.id].kind in (types.Kind.MAP, types.Kind.OBJECT, types.Kind.PARAM):
            total += UNIT
        self._paths[e.id] = self._path(e.operand).append(e.field)
        return total

    def _create_list(self, e: ast.CreateList) -> Cost:
        total = NOTHING
        item = Size(LIMIT if e.elements else 0, 0)
        for element in e.elements:
            total += self.cost(element)
            item = item.union(self._size_or_unknown(element))
        self._entries[e.id] = Entries(True, Size.fixed(1), item)
        return total + Cost.fixed(CREATE_LIST)

    def _create_map(self, e: ast.CreateMap) -> Cost:
        total = NOTHING
        key = value = Size(LIMIT if e.entries else 0, 0)
        for entry in e.entries:
            total += self.cost(entry.key)
            total += self.cost(entry.value)
            key = key.union(self._size_or_unknown(entry.key))
            value = value.union(self._size_or_unknown(entry.value))
        self._entries[e.id] = Entries(False, key, value)
        return total + Cost.fixed(CREATE_MAP)

    def _comprehension(self, e: ast.Comprehension) -> Cost:
        total = self.cost(e.iter_range) + self.cost(e.accu_init)
        self._push_value_of(e.accu_var, e.accu_init)
        path, entries = self._path(e.iter_range), self._entries_of(e.iter_range)
        is_list = entries.list if entries else self._checked.types[e.iter_range.id].kind is types.Kind.LIST
        key, value = (entries.key, entries.value) if entries else (None, None)
        if e.iter_var2:
            self._push(e.iter_var, Local(path.append("@indices" if is_list else "@keys"), key, None))
            self._push(e.iter_var2, Local(path.append("@items" if is_list else "@values"), value, None))
        elif is_list:
            self._push(e.iter_var, Local(path.append("@items"), value, None))
        else:
            self._push(e.iter_var, Local(path.append("@keys"), key, None))
        loop = self.cost(e.loop_condition)
        step = self.cost(e.loop_step)
        self._locals[e.iter_var].pop()
        if e.iter_var2:
            self._locals[e.iter_var2].pop()
        total += self.cost(e.result)
        self._locals[e.accu_var].pop()
        count = self._size_or_unknown(e.iter_range)
        total += count.each(step + loop)
        if isinstance(e.accu_init, ast.Literal):
            self._set_size(e, self._size(e.accu_init))
        elif isinstance(e.accu_init, ast.CreateList | ast.CreateMap):
            self._set_size(e, count)
            self._set_entries(e, self._entries_of(e.loop_step))
        return total

    def _bind(self, e: ast.Comprehension) -> Cost:
        """`cel.bind`: a comprehension over nothing, made for its variable."""
        total = self.cost(e.iter_range) + self.cost(e.accu_init)
        self._push_value_of(e.accu_var, e.accu_init)
        total += self.cost(e.result)
        self._locals[e.accu_var].pop()
        self._copy(e, e.result)
        return total

    def _call(self, e: ast.Call) -> Cost:
        if e.function == "dyn" and e.target is None and e.args:
            total = UNIT + self.cost(e.args[0])
            self._copy(e, e.args[0])
            return total
        costs, nodes = [], []
        for arg in e.args:
            costs.append(self.cost(arg))
            nodes.append(self._node(arg))
        reference = self._checked.references.get(e.id)
        if reference is None or not reference.overloads:
            return NOTHING
        total, target = NOTHING, None
        overloads = [self._overloads[id] for id in reference.overloads if id in self._overloads]
        if e.target is not None and not (overloads and not overloads[0][1].member):  # else it is a name's first part
            total += self.cost(e.target)
            target = self._node(e.target)
        call = Cost(LIMIT, 0)
        result: Size | None = None
        for id in reference.overloads:
            one = self._overload(e, id, target, nodes, costs)
            call = call.union(one.cost)
            if one.result_size is not None:
                result = one.result_size if result is None else result.union(one.result_size)
            if id in ("index_list", "index_map") and e.args:
                entries = self._entries_of(e.args[0])
                result = entries.value if entries else None
                self._paths[e.id] = self._path(e.args[0]).append("@items" if id == "index_list" else "@values")
            if result is None:
                result = self._size(e)
        self._set_size(e, result)
        return total + call

    def _overload(
        self, e: ast.Call, id: str, target: Node | None, args: Sequence[Node], costs: Sequence[Cost]
    ) -> CallEstimate:
        paid = functools.reduce(Cost.__add__, costs, NOTHING)
        there = self._overloads.get(id)
        if there is not None and there[1].estimate is not None:
            own = there[1].estimate(self, target, args)
            if own is not None:
                return CallEstimate(own.cost + paid, own.result_size)
        if id in ("logical_or", "logical_and"):  # the right side may never be looked at
            return CallEstimate(Cost(costs[0].min, add(costs[0].max, costs[1].max)))
        if id == "conditional":
            first, second = e.args[1], e.args[2]
            entries = self._entries_of(first)
            self._set_entries(e, entries.union(self._entries_of(second)) if entries else None)
            return CallEstimate(
                costs[0] + costs[1].union(costs[2]), standard.known(args[1]).union(standard.known(args[2]))
            )
        if id in ("add_string", "add_bytes", "add_list") and len(args) == 2:
            entries = self._entries_of(e.args[0])
            if entries:
                self._set_entries(e, entries.union(self._entries_of(e.args[1])))
            size = standard.known(args[0]) + standard.known(args[1])
            cost = UNIT if id == "add_list" else size.times(STRING_TRAVERSAL)
            return CallEstimate(cost + paid, size)
        usual = standard.expected(id, target, args)
        if usual is not None:
            return CallEstimate(usual.cost + paid, usual.result_size)
        return CallEstimate(UNIT + paid)

    # What is known of nodes.

    def _local(self, name: str) -> Local | None:
        stack = self._locals.get(name)
        return stack[-1] if stack else None

    def _push(self, name: str, local: Local) -> None:
        self._locals.setdefault(name, []).append(local)

    def _push_value_of(self, name: str, e: ast.Expr) -> None:
        self._push(name, Local(self._path(e), self._size(e), self._entries_of(e)))

    def _path(self, e: ast.Expr) -> Path:
        if isinstance(e, ast.Ident):
            local = self._local(e.name)
            if local:
                return local.path
        return self._paths.get(e.id, NOWHERE)

    def _node(self, e: ast.Expr) -> Node:
        path: tuple[str, ...] | None = self._path(e).now()
        if not path or path[0] in ("__result__", "@result"):
            path = None
        return Node(path, self._checked.types[e.id], e, self._size(e))

    def _size_or_unknown(self, e: ast.Expr) -> Size:
        size = self._size(e)
        return UNKNOWN if size is None else size

    def _size(self, e: ast.Expr) -> Size | None:
        there = self._sizes.get(e.id)
        if there is None:
            there = _written_size(e)
        if there is not None:
            return there
        type = self._checked.types[e.id]
        there = self._sizer.size(Node(self._path(e).now(), type, e))
        if there is not None:
            self._sizes[e.id] = there
            return there
        if _is_scalar(type):
            return Size.fixed(1)
        if isinstance(e, ast.Ident):
            local = self._local(e.name)
            if local:
                return local.size
        return None

    def _set_size(self, e: ast.Expr, size: Size | None) -> None:
        if size is not None:
            self._sizes[e.id] = size

    def _entries_of(self, e: ast.Expr) -> Entries | None:
        there = self._entries.get(e.id)
        if there is None and isinstance(e, ast.Ident):
            local = self._local(e.name)
            if local:
                return local.entries
        return there

    def _set_entries(self, e: ast.Expr, entries: Entries | None) -> None:
        if entries is not None:
            self._entries[e.id] = entries

    def _copy(self, to: ast.Expr, of: ast.Expr) -> None:
        self._set_size(to, self._size(of))
        self._set_entries(to, self._entries_of(of))


def _is_bind(e: ast.Comprehension) -> bool:
    return (
        isinstance(e.iter_range, ast.CreateList)
        and not e.iter_range.elements
        and isinstance(e.loop_condition, ast.Literal)
        and e.loop_condition.value is False
        and e.accu_var != "__result__"
    )


def _written_size(e: ast.Expr) -> Size | None:
    if isinstance(e, ast.Literal):
        return Size.fixed(len(e.value) if isinstance(e.value, str | bytes) else 1)
    if isinstance(e, ast.CreateList):
        return Size.fixed(len(e.elements))
    if isinstance(e, ast.CreateMap):
        return Size.fixed(len(e.entries))
    return None


_SCALARS = frozenset(
    (types.Kind.BOOL, types.Kind.DOUBLE, types.Kind.DURATION, types.Kind.INT, types.Kind.TIMESTAMP, types.Kind.UINT)
)


def _is_scalar(type: types.Type) -> bool:
    if type.kind is types.Kind.OPAQUE and type.name == "optional_type":
        return _is_scalar(type.parameters[0])
    return type.kind in _SCALARS
