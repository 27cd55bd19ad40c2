import { jest } from '@jest/globals';
import type { Run } from '../support/run-command.ts';
import { startGoogleLogin, TOKEN, type TokenAnswer } from './google-login.ts';
import { deadLetters, ids, type Open, startRedrive, USUAL, withDeadLetters } from './run-redrive.ts';

// Several processes: seconds on a quiet machine, minutes on a busy one.
jest.setTimeout(300_000);

const LAPSED: TokenAnswer = [400, { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' }];
const ADVICE = 'No usable credentials: run gcloud auth application-default login, or set';

async function runWithLogin({ emulator }: Open, answer: () => TokenAnswer): Promise<Run> {
  const google = await startGoogleLogin(emulator.host, answer);
  try {
    return await startRedrive(USUAL, google.env).done;
  } finally {
    await google.close();
  }
}

it.concurrent('says to log in when the login has lapsed', () =>
  withDeadLetters(3, {}, async (open) => {
    const { code, stderr } = await runWithLogin(open, () => LAPSED);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`redrive: ${ADVICE}`) });
    expect(stderr.split('\n')).toHaveLength(2);
  }));

// Half of a pull is published at a time: the other half is leased when the login lapses.
const LARGE = deadLetters(100).map((message) => ({ ...message, data: Buffer.alloc(200_000) }));
it.concurrent('reports what it has moved when the login lapses in mid-run', () =>
  withDeadLetters(LARGE, {}, async (open) => {
    const { code, stdout, stderr } = await runWithLogin(open, () => (open.arrived().length < 60 ? TOKEN : LAPSED));
    expect(code).toBe(1);
    expect(stderr).toContain(`redrive: stopped early. ${ADVICE}`);
    expect(stderr).toContain('could not be released: they can be pulled again when their ack deadline has passed.');
    expect(stderr).not.toMatch(/^ +at /m);
    const moved = new Set(open.arrived()).size;
    expect(stdout).toContain(`\n${moved} moved, `);
    const [unacknowledged = '0'] = /^\d+(?= moved but not acknowledged)/m.exec(stderr) ?? [];
    expect(open.left()).toBe(100 - moved + Number(unacknowledged));
    // The next run, with a login, moves the others; what was moved and not acknowledged comes twice.
    expect(await open.run({ idle: undefined })).toMatchObject({ code: 0, stderr: '' });
    expect([...new Set(open.arrived())]).toEqual(ids(100));
  }));

it.concurrent('works with the login that gcloud leaves, and goes on when no token is to be had for a moment', () =>
  withDeadLetters(60, {}, async (open) => {
    let outage = 3;
    const { code, stdout } = await runWithLogin(open, () =>
      open.arrived().length < 10 || outage-- <= 0 ? TOKEN : [503, { error: 'unavailable' }],
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('60 moved, 0 failed.\n') });
  }));
