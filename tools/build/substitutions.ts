/** What stands in the bundle in the place of one file of a dependency. */
export interface Substitution {
  /** The file, below `node_modules/`. */
  readonly file: string;
  /**
   * The first 16 digits of the SHA-256 of the file that the substitution was made for; of each, where
   * two versions of its package are installed.
   */
  readonly sha256: string | readonly string[];
  /**
   * A file of `replacements/`; or the methods to cut a protobuf.js description down to; or nothing, so
   * that it is an error to use it.
   */
  readonly by: { readonly file: string } | { readonly methods: readonly string[] } | 'nothing';
  readonly reason: string;
  /** Rows that are only left out together, such as two halves of one thing. */
  readonly group?: string;
}

const PUBLISH = ['google.pubsub.v1.Publisher.Publish'];
const READ_SECRETS = ['ListSecretVersions', 'AccessSecretVersion'].map(
  (method) => `google.cloud.secretmanager.v1.SecretManagerService.${method}`,
);

/** Everything the bundles do not take from the dependencies as it is, each with its reason. */
export const SUBSTITUTIONS: readonly Substitution[] = [
  {
    file: '@google-cloud/logging/build/src/index.js',
    group: 'logging',
    sha256: '48d9b132ada29c25',
    by: { file: 'logging.ts' },
    reason: 'writing to stdout needs none of the clients, credentials and gRPC that the full class makes',
  },
  {
    file: '@google-cloud/pubsub/build/src/index.js',
    sha256: '313ac551843de39b',
    by: { file: 'pubsub.ts' },
    reason: 'publishing needs the generated publisher alone: no subscriber, schemas, batching or tracing',
  },
  {
    file: '@google-cloud/pubsub-api/build/protos/protos.json',
    group: 'protocol descriptions',
    sha256: '2b96f4db18c526c7',
    by: { methods: PUBLISH },
    reason: 'every message of the description is compiled when the client is made',
  },
  {
    file: '@google-cloud/secret-manager/build/protos/protos.json',
    group: 'protocol descriptions',
    sha256: '28c566344d58cd0e',
    by: { methods: READ_SECRETS },
    reason: 'every message of the description is compiled when the client is made',
  },
  {
    file: 'google-gax/build/src/iamService.js',
    group: 'IAM and locations clients',
    sha256: 'd2dcbcc4b3319f59',
    by: { file: 'unused-client.ts' },
    reason: 'the publisher makes an IAM client for access control methods that are never called',
  },
  {
    file: 'google-gax/build/src/locationService.js',
    group: 'IAM and locations clients',
    sha256: '75a58b854ea32b0f',
    by: { file: 'unused-client.ts' },
    reason: 'the Secret Manager client makes a locations client for methods that are never called',
  },
  {
    file: 'google-gax/build/protos/iam_service.js',
    group: 'IAM and locations clients',
    sha256: 'e03cf668a47dd8a4',
    by: 'nothing',
    reason: 'static message classes; the clients compile theirs from the JSON description',
  },
  {
    file: 'google-gax/build/src/fallback.js',
    group: 'logging',
    sha256: '62bbdd27d5415f15',
    by: 'nothing',
    reason: 'the transport over HTTP and JSON; the clients use gRPC',
  },
  {
    file: 'google-gax/build/src/operationsClient.js',
    group: 'logging',
    sha256: 'bb153c5f4c221a95',
    by: { file: 'operations-client.ts' },
    reason: 'no method in use starts a long-running operation',
  },
  {
    file: 'google-gax/build/protos/locations.js',
    group: 'IAM and locations clients',
    sha256: '993985e1397d0fa2',
    by: 'nothing',
    reason: 'as iam_service.js',
  },
  {
    file: 'google-gax/build/protos/operations.js',
    group: 'logging',
    sha256: 'aebf2e737b6a1676',
    by: 'nothing',
    reason: 'as iam_service.js',
  },
  {
    file: '@google-cloud/cloud-sql-connector/dist/mjs/sql-data-client.js',
    sha256: '7740569036e3461d',
    by: { file: 'sql-data-client.ts' },
    reason: 'a gRPC tunnel for an address type that is not offered; with it come gRPC and 3 MB of message classes',
  },
  {
    file: 'protobufjs/ext/descriptor/index.js',
    sha256: 'c2a99ca92c1921d3',
    by: { file: 'descriptor.ts' },
    reason: 'descriptors of all messages are computed for the reflection service of a server',
  },
];
