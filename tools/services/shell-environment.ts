const LOOPBACK = '127.0.0.1,localhost,::1';

/**
 * Forgets what the shell says about other servers. pg reads `PG*` for every connection of this
 * process, and gRPC and Node.js would send what goes to the parts on this machine through the
 * shell's proxy.
 */
export function forgetOtherServers(env: NodeJS.ProcessEnv = process.env): void {
  for (const name of Object.keys(env)) if (name.startsWith('PG')) delete env[name];
  for (const name of ['no_proxy', 'NO_PROXY']) env[name] = env[name] ? `${env[name]},${LOOPBACK}` : LOOPBACK;
}
