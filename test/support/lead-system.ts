import type pg from 'pg';
import { GRACE, incidentEvent, pushBody } from '../../tools/events/push.ts';
import { type LocalPostgres, startPostgres } from '../../tools/services/postgres/postgres.ts';
import { newDatabase } from './alaner-database.ts';
import { type Answered, type LeadProcess, startLead } from './lead-process.ts';
import { type ProxyMode, startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** A function with a database and a way to it of its own. */
export interface LeadSystem {
  readonly lead: LeadProcess;
  readonly proxy: TcpProxy;
  /** On the system's own database. */
  readonly owner: pg.Client;
  /** Sends a message whose lead holds the role, so that it is answered 204 with a DEBUG line. */
  send(): Promise<Answered>;
}

/** Starts functions with a database each, on one PostgreSQL, and closes them all. */
export interface LeadSystems {
  readonly postgres: Promise<LocalPostgres>;
  open(options?: { env?: Record<string, string>; mode?: ProxyMode }): Promise<LeadSystem>;
  /** Closes this with the rest. */
  onClose(close: () => Promise<unknown>): void;
  close(): Promise<void>;
}

/** Starts the PostgreSQL. */
export function startLeadSystems(): LeadSystems {
  const closers: (() => Promise<unknown>)[] = [];
  let opened = 0;
  let messages = 0;
  const postgres = startPostgres();
  // One after the other: a database is a copy of a template that nobody else may be using.
  let creating: Promise<unknown> = postgres;

  const createDatabase = (): ReturnType<typeof newDatabase> => {
    opened += 1;
    const name = `lead_${opened}`;
    const created = creating.then(async () => newDatabase(await postgres, name));
    creating = created;
    return created;
  };

  return {
    postgres,
    onClose: (close) => closers.push(close),
    async open({ env, mode = 'pass' } = {}) {
      const { owner, readerUrl } = await createDatabase();
      closers.push(() => owner.end());
      await owner.query(`insert into alaner (id, email, slack_id) values ('${GRACE_ID}', 'g@example.com', 'U02MANAGER');
        insert into alaner_role values ('${GRACE_ID}', 'AlanToolsBackendIamManager')`);
      const proxy = await startTcpProxy({ port: Number(new URL(readerUrl).port) });
      closers.push(() => proxy.close());
      await proxy.set(mode);
      const DATABASE_URL = Object.assign(new URL(readerUrl), { port: String(proxy.port) }).href;
      const lead = await startLead({ DATABASE_URL, LOG_LEVEL: 'debug', ...env });
      closers.push(() => lead.stop());
      const send = () => {
        messages += 1;
        return lead.send(pushBody(incidentEvent({ leads: [GRACE] }), { messageId: String(messages) }));
      };
      return { lead, proxy, owner, send };
    },
    async close() {
      for (const close of closers.reverse()) await close();
      await (await postgres).stop();
    },
  };
}

/** Holds a lock that every look-up waits for, until it is released or rolled back. */
export async function lockDirectory({ owner }: LeadSystem): Promise<{ release(): Promise<unknown> }> {
  await owner.query('begin; lock table alaner in access exclusive mode');
  return { release: () => owner.query('commit') };
}

/** Terminates the function's connections, as an operator would, and waits until they are gone. */
export async function terminateConnections({ owner }: LeadSystem): Promise<void> {
  await owner.query(`select pg_terminate_backend(pid, 5000) ${FUNCTION_BACKENDS}`);
}

/** Resolves once a look-up waits for a lock. */
export async function blocked({ owner }: LeadSystem): Promise<void> {
  for (;;) {
    // Within a transaction the server goes on showing what it showed first.
    await owner.query('select pg_stat_clear_snapshot()');
    const { rowCount } = await owner.query(`select 1 ${FUNCTION_BACKENDS} and wait_event_type = 'Lock'`);
    if (rowCount) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const GRACE_ID = '00000000-0000-4000-8000-000000000002';
const FUNCTION_BACKENDS =
  "from pg_stat_activity where application_name = 'incident-lead' and datname = current_database()";
