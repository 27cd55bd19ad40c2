import { createRequire } from 'node:module';
import { fromJSON, type PackageDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import type { INamespace } from 'protobufjs';
import { trimProtos } from '../../tools/build/trim-protos.ts';

const require = createRequire(import.meta.url);
const protos: INamespace = require('@google-cloud/pubsub-api/build/protos/protos.json');

const PUBLISHER = 'google.pubsub.v1.Publisher';

function publishMethod(json: INamespace) {
  const definition: PackageDefinition = fromJSON(json as Parameters<typeof fromJSON>[0], { longs: String });
  const publisher = definition[PUBLISHER] as ServiceDefinition;
  return { definition, publisher, publish: publisher['Publish'] };
}

describe('trimProtos', () => {
  const trimmed = trimProtos(protos, [`${PUBLISHER}.Publish`]);

  it('leaves the methods and the types that they need', () => {
    const { definition, publisher } = publishMethod(trimmed);
    expect(Object.keys(publisher)).toEqual(['Publish']);
    expect(Object.keys(definition).sort()).toEqual([
      'google.protobuf.Timestamp',
      'google.pubsub.v1.PublishRequest',
      'google.pubsub.v1.PublishResponse',
      PUBLISHER,
      'google.pubsub.v1.PubsubMessage',
    ]);
  });

  it('changes nothing on the wire', () => {
    const request = {
      topic: 'projects/p/topics/t',
      messages: [
        { data: Buffer.from('{"a":"é"}'), attributes: { a: '1', b: '2' } },
        { messageId: '7', publishTime: { seconds: '1614265330', nanos: 5 }, orderingKey: 'k' },
      ],
    };
    const [full, small] = [publishMethod(protos).publish, publishMethod(trimmed).publish];
    const bytes = full?.requestSerialize(request);
    expect(small?.requestSerialize(request)).toEqual(bytes);
    expect(small?.requestDeserialize(bytes ?? Buffer.alloc(0))).toEqual(
      full?.requestDeserialize(bytes ?? Buffer.alloc(0)),
    );
    const response = full?.responseSerialize({ messageIds: ['1', '2'] }) ?? Buffer.alloc(0);
    expect(small?.responseDeserialize(response)).toEqual({ messageIds: ['1', '2'] });
    expect(small?.path).toBe(full?.path);
  });

  it.each([
    ['google.pubsub.v1.Publisher.Print', 'no method google.pubsub.v1.Publisher.Print'],
    ['google.pubsub.v1.Printer.Print', 'no method google.pubsub.v1.Printer.Print'],
  ])('names what is not there: %s', (method, message) => {
    expect(() => trimProtos(protos, [method])).toThrow(message);
  });

  it('names a type that is not there', () => {
    const methods = { m: { requestType: 'Missing', responseType: 'Missing', comment: '' } };
    expect(() => trimProtos({ nested: { s: { methods } } }, ['s.m'])).toThrow('no such type: Missing');
  });
});
