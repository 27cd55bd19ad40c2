import { parseSigningSecret } from '../../../shared/signing-secret.ts';
import { type Deployment, shortName } from '../deployment.ts';
import type { Google } from '../google.ts';
import { CheckFailed, type Passed } from '../report.ts';

/** A version to sign with. */
export interface UsableVersion {
  readonly number: string;
  readonly secret: string;
}

/** More are not read by the function. */
const MAX_VERSIONS = 12;

/** That every enabled version is a signing secret. Returns the newest. */
export async function checkSecret(google: Google, { project, secret }: Deployment): Promise<Passed<UsableVersion>> {
  const api = 'secretmanager.googleapis.com/v1';
  const { versions = [] } = await google.call<{ versions?: { name: string }[] }>(
    `${api}/${secret}/versions?filter=${encodeURIComponent('state:ENABLED')}&pageSize=1000`,
  );
  const numbers = versions.map(({ name }) => shortName(name)).sort((a, b) => Number(b) - Number(a));
  const read = await Promise.all(
    numbers.slice(0, MAX_VERSIONS).map(async (number) => {
      const { payload } = await google.call<{ payload: { data: string } }>(
        `${api}/${secret}/versions/${number}:access`,
      );
      return { number, secret: parseSigningSecret(Buffer.from(payload.data, 'base64').toString('utf8')) };
    }),
  );
  const newest = read.find((version): version is UsableVersion => version.secret !== undefined);
  const id = shortName(secret);
  if (newest === undefined) {
    throw new CheckFailed(
      numbers.length === 0
        ? `${id} has no enabled version: every event is answered 503`
        : `no enabled version of ${id} is a signing secret (${numbers.join(', ')})`,
      'Add one: terraform -chdir=terraform output -raw add_secret_version_command prints how.',
    );
  }
  const unusable = read.filter((version) => version.secret === undefined).map(({ number }) => number);
  if (unusable.length > 0) {
    throw new CheckFailed(
      `versions of ${id} that are not signing secrets (whsec_ and the base64 of 16 to 75 bytes): ${unusable.join(', ')}`,
      `Disable each: gcloud secrets versions disable N --secret=${id} --project=${project}`,
    );
  }
  return {
    says: `enabled versions of ${id}, all usable: ${numbers.slice(0, MAX_VERSIONS).join(', ')}`,
    ...(numbers.length > MAX_VERSIONS && {
      warning: `Only the newest ${MAX_VERSIONS} are read. Disable those no longer used: ${numbers.slice(MAX_VERSIONS).join(', ')}`,
    }),
    value: newest,
  };
}
