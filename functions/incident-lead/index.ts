import { http } from '@google-cloud/functions-framework';
import { drainOnSigterm } from '../../shared/drain.ts';
import { interceptRequests } from '../../shared/intercept.ts';
import { wire } from './wire.ts';

const { guard, handler } = wire();
interceptRequests(guard, drainOnSigterm);
http('incidentLead', handler);
