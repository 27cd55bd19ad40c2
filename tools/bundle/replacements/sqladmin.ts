export { sqladmin_v1beta4 } from '@googleapis/sqladmin/build/v1beta4.js';
