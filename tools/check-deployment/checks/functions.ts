import type { Deployment } from '../deployment.ts';
import type { Google } from '../google.ts';
import { CheckFailed, type Passed } from '../report.ts';

/** What the other checks need to know of a function. */
export interface DeployedFunction {
  /** Address of its service, without a path. */
  readonly url: string;
  readonly timeoutSeconds: number;
}

interface CloudFunction {
  readonly state?: string;
  readonly serviceConfig?: {
    readonly uri?: string;
    readonly ingressSettings?: string;
    readonly timeoutSeconds?: number;
  };
}

/** That a function is active, and reachable by those who are meant to reach it. */
export async function checkFunction(
  google: Google,
  { project, region }: Deployment,
  name: string,
  ingress: 'ALLOW_ALL' | 'ALLOW_INTERNAL_ONLY',
): Promise<Passed<DeployedFunction>> {
  const { state, serviceConfig = {} } = await google.call<CloudFunction>(
    `cloudfunctions.googleapis.com/v2/projects/${project}/locations/${region}/functions/${name}`,
  );
  const { uri, ingressSettings, timeoutSeconds = 60 } = serviceConfig;
  if (state !== 'ACTIVE' || uri === undefined) {
    throw new CheckFailed(
      `the function is ${state ?? 'in an unknown state'}, expected ACTIVE`,
      `Read why: gcloud functions describe ${name} --gen2 --region=${region} --project=${project}. A build that failed is applied again.`,
    );
  }
  if (ingressSettings !== ingress) {
    throw new CheckFailed(`its ingress is ${ingressSettings}, expected ${ingress}`, 'terraform apply restores it.');
  }
  return {
    says: `active at ${uri}, ${ingress === 'ALLOW_ALL' ? 'open to the internet' : 'internal only'}`,
    value: { url: uri, timeoutSeconds },
  };
}
