import type { Answer, Handler } from '../../shared/answer.ts';
import { type Deadline, deadlineAfter } from '../../shared/deadline.ts';
import { type EnvelopeFault, type Push, readPush } from '../../shared/push-envelope.ts';
import { stackOf } from '../../shared/stack.ts';
import { assess, SKIPPED_STATUSES } from './assess.ts';
import { type Directory, DirectoryUnavailable } from './directory.ts';
import { answerLeads, answerMessage, type Context } from './outcomes.ts';

/** In milliseconds from a request's start. */
export interface HandlerLimits {
  /** Until its body must be complete. */
  readonly bodyMs: number;
  /** Until work on it stops, which leaves time to write the answer. */
  readonly answerMs: number;
  /** The same, until the directory is reached for the first time. */
  readonly firstAnswerMs: number;
}

/**
 * The subscriber function: reads the envelope and the event, looks up the alaners, writes one line
 * for each lead.
 * @param directory undefined while the configuration is wrong.
 * @param now milliseconds since the Unix epoch.
 */
export function createHandler(directory: Directory | undefined, limits: HandlerLimits, now: () => number): Handler {
  return async (req) => {
    const deadline = deadlineAfter(directory?.wasReached() === false ? limits.firstAnswerMs : limits.answerMs);
    const push = await readPush(req, limits.bodyMs);
    const context: Context = { delivery: push.delivery, event: push.event, now: now() };
    try {
      if (directory === undefined) throw new DirectoryUnavailable('configuration', 'the configuration is wrong');
      return await decide(push, directory, deadline, context);
    } catch (error) {
      if (error instanceof DirectoryUnavailable) {
        return answerMessage(context, 'database_unavailable', { detail: error.message, reason: error.reason });
      }
      return answerMessage(context, 'failed', { reason: 'bug', stack: stackOf(error) });
    }
  };
}

async function decide(push: Push, directory: Directory, deadline: Deadline, context: Context): Promise<Answer> {
  if (push.event === undefined) return invalid(push.fault, context);
  const { incident, leads } = push.event;
  if (incident.status !== null && SKIPPED_STATUSES.has(incident.status)) {
    return answerMessage(context, 'skipped_status', { detail: `incident ${incident.id}, status ${incident.status}` });
  }
  if (leads.length === 0) return answerMessage(context, 'no_lead', { detail: `incident ${incident.id}` });
  const slackIds = leads.map(({ slackUserId }) => slackUserId).filter((id) => id !== null);
  const alaners = slackIds.length === 0 ? new Map() : await directory.find(slackIds, deadline);
  const assessed = leads.map((lead) => ({ lead, assessment: assess(lead, alaners) }));
  return answerLeads(context, push.event, assessed);
}

function invalid(fault: EnvelopeFault, context: Context): Answer {
  const cut = fault === 'body_aborted' || fault === 'body_timeout';
  const next = cut ? 'The message itself may be fine; Pub/Sub delivers it again' : 'Pub/Sub will dead-letter it';
  return answerMessage(context, 'invalid_message', {
    detail: `${fault}. ${next}`,
    reason: fault,
    ...(fault === 'expectation' && { status: 417 }),
  });
}
