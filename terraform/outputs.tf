output "add_secret_version_command" {
  description = "Command that adds a version of the signing secret. It asks for the value, which keeps it out of the shell history."
  value       = "read -rs SECRET && printf %s \"$SECRET\" | gcloud secrets versions add ${google_secret_manager_secret.webhook_signing.secret_id} --project=${var.project} --data-file=-; unset SECRET"
}

output "dead_letter_subscriptions" {
  description = "Where each subscriber's undeliverable messages are kept, by subscriber."
  value       = { for name, s in google_pubsub_subscription.dead_letter : name => s.name }

  depends_on = [google_pubsub_subscription_iam_member.agent_acknowledges_forwarded]
}

output "events_topic" {
  description = "Topic with every authentic incident update."
  value       = google_pubsub_topic.incident_events.name

  depends_on = [google_pubsub_topic_iam_member.webhook_publisher]
}

output "push_accounts" {
  description = "Accounts that push deliveries come from, by subscriber: give each roles/run.invoker on its endpoint."
  value       = { for name, account in google_service_account.push : name => account.email }
}

output "redrive_command" {
  description = "Command that lists the dead letters of incident-lead; without --dry-run it moves them back to the topic."
  value       = "npm run redrive -- --project ${var.project} --subscription ${google_pubsub_subscription.dead_letter["incident-lead"].name} --topic ${google_pubsub_topic.incident_events.name} --dry-run"
}

output "webhook_url" {
  description = "The endpoint to paste into incident.io, Settings > Webhooks."
  value       = "${google_cloudfunctions2_function.incident_webhook.service_config[0].uri}/webhooks/incident/lead"

  # Nobody should send to an address that refuses them.
  depends_on = [google_cloud_run_service_iam_member.webhook_public]
}
