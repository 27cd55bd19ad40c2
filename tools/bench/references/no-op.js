require('@google-cloud/functions-framework').http('noOp', (_req, res) => {
  res.status(204).send();
});
