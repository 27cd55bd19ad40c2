/** Long-running operations, which no method in use starts. google-gax copies these two when it loads. */
export const SERVICE_ADDRESS = 'longrunning.googleapis.com';
export const ALL_SCOPES: readonly string[] = [];
