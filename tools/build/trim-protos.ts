import protobuf from 'protobufjs';

/**
 * Cuts a description of services down to some methods and the types that their messages are made
 * of. Extension options, whose names stand in brackets, go too: they are for generators and
 * documentation, not for the connection.
 *
 * @param protos protobuf.js's JSON form of all services
 * @param methods full names, such as `google.pubsub.v1.Publisher.Publish`
 * @throws Error naming a method or type that is not there
 */
export function trimProtos(protos: protobuf.INamespace, methods: readonly string[]): protobuf.INamespace {
  const root = protobuf.Root.fromJSON(protos);
  const kept = new Set<protobuf.ReflectionObject>();
  const keep = (type: protobuf.ReflectionObject | null): void => {
    if (type === null || kept.has(type)) return;
    kept.add(type);
    for (const field of type instanceof protobuf.Type ? type.fieldsArray : []) {
      field.options = ownOptions(field.options);
      keep(field.resolvedType);
    }
  };
  for (const name of methods) {
    const method = root.lookup(name);
    if (!(method instanceof protobuf.Method)) throw new Error(`The protos have no method ${name}`);
    Object.assign(method, { options: undefined, parsedOptions: undefined });
    for (const each of [method, method.parent, method.resolvedRequestType, method.resolvedResponseType]) keep(each);
  }
  trim(root, kept);
  return root.toJSON();
}

/** Removes what is not kept and holds nothing that is. */
function trim(parent: protobuf.NamespaceBase, kept: ReadonlySet<protobuf.ReflectionObject>): void {
  const methods = parent instanceof protobuf.Service ? parent.methodsArray : [];
  for (const child of [...parent.nestedArray, ...methods]) {
    if (child.options) child.options = ownOptions(child.options);
    if (child instanceof protobuf.Namespace) trim(child, kept);
    const isEmpty = !(child instanceof protobuf.Namespace) || child.nestedArray.length === 0;
    if (isEmpty && !kept.has(child)) parent.remove(child);
  }
}

function ownOptions(options: protobuf.ReflectionObject['options'] = {}) {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !name.startsWith('(')));
}
