import pg from 'pg';
import { findAlanersSql } from '../../functions/incident-lead/postgres/directory.ts';
import { type Section, table } from './report.ts';
import { keptConnections, post } from './send.ts';
import { type Subject, start } from './subjects.ts';

/** Cost of an event after so many of them. */
interface EventCost {
  readonly events: number;
  readonly cpuMicrosPerEvent: number;
  readonly residentMiB: number;
}

/** Cost of a look-up among so many alaners. */
interface LookUpCost {
  readonly alaners: number;
  /** Milliseconds the server needed, median of 50. */
  readonly milliseconds: number;
  /** The plan's scan node. */
  readonly plan: string;
}

const IN_FLIGHT = 32;

/** CPU time and memory of one process while it answers more and more events. */
async function eventGrowth(subject: Subject, steps: readonly number[]): Promise<EventCost[]> {
  const running = await start(subject);
  const agent = keptConnections({ maxSockets: IN_FLIGHT });
  const costs: EventCost[] = [];
  let done = 0;
  try {
    for (const events of steps) {
      const [cpuMs, from] = [running.cpuMs(), done];
      const worker = async (): Promise<void> => {
        while (done < events) {
          done++;
          const outcome = await post(running.url, subject.request(), agent);
          if (outcome !== 204) throw new Error(`${subject.name} answered ${outcome}`);
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
      costs.push({
        events,
        cpuMicrosPerEvent: (1000 * (running.cpuMs() - cpuMs)) / (events - from),
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
async function lookUpGrowth(ownerUrl: string, steps: readonly number[]): Promise<LookUpCost[]> {
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

/** What an event and a look-up cost when there are more and more of them. */
export async function measureGrowth(
  subjects: readonly Subject[],
  ownerUrl: string,
  events: readonly number[],
  alaners: readonly number[],
  say: (text: string) => void,
): Promise<Section> {
  const rows: string[][] = [];
  for (const subject of subjects) {
    say(`growth: ${subject.name}`);
    for (const { events: upTo, cpuMicrosPerEvent, residentMiB } of await eventGrowth(subject, events)) {
      const cost = `${cpuMicrosPerEvent.toFixed(0)} us CPU an event, ${residentMiB.toFixed(0)} MiB`;
      rows.push([`${subject.name}, up to event ${upTo}`, cost]);
    }
  }
  say('growth: alaners');
  for (const { alaners: among, milliseconds, plan } of await lookUpGrowth(ownerUrl, alaners)) {
    rows.push([`look-up among ${among} alaners`, `${milliseconds.toFixed(3)} ms, ${plan}`]);
  }
  return { text: table(['growth', 'cost'], rows), figures: rows };
}
