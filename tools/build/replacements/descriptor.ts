import protobuf from 'protobufjs';

const NO_DESCRIPTOR = { $type: { toObject: () => ({}) } };

// proto-loader asks every message for its descriptor, which only a server's reflection service would ever send.
Object.assign(protobuf.Root.prototype, { toDescriptor: () => ({ file: [] }) });
Object.assign(protobuf.Type.prototype, { toDescriptor: () => NO_DESCRIPTOR });
Object.assign(protobuf.Enum.prototype, { toDescriptor: () => NO_DESCRIPTOR });
