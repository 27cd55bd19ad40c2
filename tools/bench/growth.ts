import { Agent } from 'node:http';
import pg from 'pg';
import { findAlanersSql } from '../../functions/incident-lead/postgres/directory.ts';
import { post, run } from './running.ts';
import type { Subject } from './subjects.ts';

/** Cost of an event after so many of them. */
export interface EventCost {
  readonly events: number;
  readonly cpuMicrosPerEvent: number;
  readonly residentMiB: number;
}

/** Cost of a look-up among so many alaners. */
export interface LookUpCost {
  readonly alaners: number;
  /** Milliseconds the server needed, median of 50. */
  readonly milliseconds: number;
  /** The plan's scan node. */
  readonly plan: string;
}

const IN_FLIGHT = 32;

/** CPU time and memory of one process while it answers more and more events. */
export async function eventGrowth(subject: Subject, steps: readonly number[]): Promise<EventCost[]> {
  const running = await run(subject);
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  const costs: EventCost[] = [];
  let done = 0;
  try {
    for (const events of steps) {
      const before = running.cpuMicros();
      const from = done;
      const worker = async (): Promise<void> => {
        while (done < events) {
          done++;
          const status = await post(running.url, subject.request(), agent);
          if (status !== 204) throw new Error(`${subject.name} answered ${status}`);
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
      costs.push({
        events,
        cpuMicrosPerEvent: (running.cpuMicros() - before) / (events - from),
        residentMiB: running.residentMiB(),
      });
    }
  } finally {
    agent.destroy();
    await running.stop();
  }
  return costs;
}

/** The look-up's time and plan while the directory grows. */
export async function lookUpGrowth(ownerUrl: string, steps: readonly number[]): Promise<LookUpCost[]> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  const costs: LookUpCost[] = [];
  try {
    for (const alaners of steps) {
      await client.query(
        `insert into alaner (email, slack_id) select 'a' || n || '@example.com', 'UGROW' || n
        from generate_series((select count(*) from alaner) + 1, $1::bigint) n`,
        [alaners],
      );
      await client.query('analyze alaner');
      const times: number[] = [];
      let plan = '';
      for (let at = 0; at < 50; at++) {
        const explained = await client.query(`explain (analyze, format json) ${findAlanersSql('public')}`, [
          ['U01LEAD'],
        ]);
        const [root] = explained.rows[0]['QUERY PLAN'];
        times.push(root['Execution Time']);
        plan = scanOf(root.Plan);
      }
      costs.push({ alaners, milliseconds: times.sort((a, b) => a - b)[25] ?? Number.NaN, plan });
    }
  } finally {
    await client.end();
  }
  return costs;
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

function scanOf(node: PlanNode): string {
  if (node['Relation Name'] === 'alaner') return [node['Node Type'], node['Index Name']].filter(Boolean).join(' on ');
  return (node.Plans ?? []).map(scanOf).find((found) => found !== '') ?? '';
}
