import { findAlanersSql } from '../../functions/incident-lead/postgres/directory.ts';
import { connectTo } from '../services/postgres/postgres.ts';
import { type Subject, start } from './process.ts';
import { quantile, type Section, say, table } from './report.ts';
import type { System } from './system.ts';
import { saturate } from './throughput.ts';

const CONNECTIONS = 32;
const LOOK_UPS = 50;

/** What an event and a look-up cost when there are more and more of them. */
export async function measureGrowth(
  { webhook, lead, ownerUrl }: System,
  events: readonly number[],
  alaners: readonly number[],
): Promise<Section> {
  const ofEvents = [await eventGrowth(webhook, events), await eventGrowth(lead, events)];
  const rows = [...ofEvents.flat(), ...(await lookUpGrowth(ownerUrl, alaners))];
  return { text: table(['growth', 'cost'], rows), figures: rows };
}

/** CPU time and memory of one process while it answers more and more events. */
async function eventGrowth(subject: Subject, steps: readonly number[]): Promise<string[][]> {
  say(`growth: ${subject.name}`);
  await using running = await start(subject);
  const rows: string[][] = [];
  let done = 0;
  for (const events of steps) {
    const amount = events - done;
    const { cpuMicrosPerRequest, residentMiB } = await saturate(running, { connections: CONNECTIONS, amount });
    const cost = `${cpuMicrosPerRequest.toFixed(0)} us CPU an event, ${residentMiB.toFixed(0)} MiB`;
    rows.push([`${subject.name}, up to event ${events}`, cost]);
    done = events;
  }
  return rows;
}

/** The time of a look-up in the server, and its plan, while the directory grows. */
async function lookUpGrowth(ownerUrl: string, steps: readonly number[]): Promise<string[][]> {
  say('growth: alaners');
  await using client = await connectTo(ownerUrl);
  const rows: string[][] = [];
  for (const alaners of steps) {
    await client.query(
      `insert into alaner (email, slack_id) select 'a' || n || '@example.com', 'UGROW' || n
      from generate_series((select count(*) from alaner) + 1, $1::bigint) n`,
      [alaners],
    );
    await client.query('analyze alaner');
    const times: number[] = [];
    let plan = '';
    for (let index = 0; index < LOOK_UPS; index++) {
      const explained = await client.query(`explain analyze ${findAlanersSql('public')}`, [['U01LEAD']]);
      plan = explained.rows.map((row) => row['QUERY PLAN']).join('\n');
      times.push(Number(/^Execution Time: ([\d.]+) ms$/m.exec(plan)?.[1]));
    }
    // Such as `Index Scan using alaner_slack_id on alaner`.
    const [, scan, index] = /([A-Z][\w ]+ Scan)(?: using (\w+))? on alaner\b/.exec(plan) ?? [];
    const read = index === undefined ? scan : `${scan} on ${index}`;
    rows.push([`look-up among ${alaners} alaners`, `${quantile(times, 0.5).toFixed(3)} ms, ${read}`]);
  }
  return rows;
}
