/** A node of protobuf.js's JSON form: a namespace, message, enum or service. */
export interface ProtoNode {
  readonly nested?: Readonly<Record<string, ProtoNode>>;
  readonly fields?: Readonly<Record<string, { readonly type: string; readonly options?: Options }>>;
  readonly methods?: Readonly<Record<string, { readonly requestType: string; readonly responseType: string }>>;
  readonly options?: Options;
}

type Options = Readonly<Record<string, unknown>>;

/**
 * Cuts a description of services down to some methods and the types that their messages are made
 * of. Extension options, whose names stand in brackets, go too: they are for generators and
 * documentation, not for the connection.
 *
 * @param root protobuf.js's JSON form of all services
 * @param methods full names, such as `google.pubsub.v1.Publisher.Publish`
 * @throws Error naming a method or type that is not there
 */
export function trimProtos(root: ProtoNode, methods: readonly string[]): ProtoNode {
  const kept = new Set<string>();
  const keepType = (name: string, scope: string): void => {
    const path = resolve(root, name, scope);
    if (kept.has(path)) return;
    kept.add(path);
    for (const { type } of Object.values(nodeAt(root, path)?.fields ?? {})) {
      if (!SCALARS.has(type)) keepType(type, path);
    }
  };
  for (const method of methods) {
    const service = method.slice(0, method.lastIndexOf('.'));
    const types = nodeAt(root, service)?.methods?.[method.slice(service.length + 1)];
    if (!types) throw new Error(`The protos have no method ${method}`);
    kept.add(method);
    keepType(types.requestType, service);
    keepType(types.responseType, service);
  }
  return trim(root, '', kept);
}

const SCALARS = new Set(
  'double float int32 uint32 sint32 fixed32 sfixed32 int64 uint64 sint64 fixed64 sfixed64 bool string bytes'.split(' '),
);

function nodeAt(root: ProtoNode, path: string): ProtoNode | undefined {
  return path.split('.').reduce<ProtoNode | undefined>((node, name) => node?.nested?.[name], root);
}

/** The path of a type as seen from `scope`: the innermost enclosing scope that has it. */
function resolve(root: ProtoNode, name: string, scope: string): string {
  const scopes = scope.split('.').map((_, index, parts) => parts.slice(0, parts.length - index));
  const paths = [...scopes, []].map((parts) => [...parts, name].join('.'));
  const path = paths.find((candidate) => nodeAt(root, candidate));
  if (path === undefined) throw new Error(`The protos have no type ${name}, which ${scope} uses`);
  return path;
}

function trim(node: ProtoNode, path: string, kept: ReadonlySet<string>): ProtoNode {
  const { nested, fields, methods, options, ...others } = node;
  const pathOf = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const leadsToKept = (name: string): boolean =>
    [...kept].some((one) => one === pathOf(name) || one.startsWith(`${pathOf(name)}.`));
  return {
    ...others,
    ...(options && { options: ownOptions(options) }),
    ...(fields && { fields: change(fields, (_, field) => ({ ...field, options: ownOptions(field.options ?? {}) })) }),
    ...(methods && {
      methods: change(methods, (name, { requestType, responseType }) =>
        kept.has(pathOf(name)) ? { requestType, responseType } : undefined,
      ),
    }),
    ...(nested && {
      nested: change(nested, (name, child) => (leadsToKept(name) ? trim(child, pathOf(name), kept) : undefined)),
    }),
  };
}

function ownOptions(options: Options): Options {
  return change(options, (name, value) => (name.startsWith('(') ? undefined : value));
}

/** A record with other values, without those that are undefined. */
function change<T, U>(record: Readonly<Record<string, T>>, to: (name: string, value: T) => U | undefined) {
  const changed = Object.entries(record).map(([name, value]) => [name, to(name, value)] as const);
  return Object.fromEntries(changed.filter(([, value]) => value !== undefined)) as Record<string, U>;
}
