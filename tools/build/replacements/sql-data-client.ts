/** Stands for the tunnel to instances without an IP address, which `DB_IP_TYPE` cannot ask for. */
export class SqlDataClient {
  constructor() {
    throw new Error('This bundle reaches Cloud SQL instances by PRIVATE, PUBLIC or PSC addresses only');
  }
}
