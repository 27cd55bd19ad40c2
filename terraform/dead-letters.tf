# What could not be delivered, kept for 31 days and brought back by `npm run redrive`. Nothing fails without the two roles
# of the Pub/Sub agent: messages just never move, or are lost.

resource "google_pubsub_topic" "dead_letter" {
  for_each = local.subscriber_names

  project = var.project
  name    = "${each.key}-dead-letter"

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }
}

# A topic without a subscription keeps nothing.
resource "google_pubsub_subscription" "dead_letter" {
  for_each = local.subscriber_names

  project = var.project
  name    = "${each.key}-dead-letter"
  topic   = google_pubsub_topic.dead_letter[each.key].id

  ack_deadline_seconds       = 60
  message_retention_duration = "2678400s" # 31 days, the most there is

  expiration_policy {
    ttl = ""
  }
}

# Forwards what used up its attempts.
resource "google_pubsub_topic_iam_member" "agent_publishes_dead_letters" {
  for_each = local.subscriber_names

  project = var.project
  topic   = google_pubsub_topic.dead_letter[each.key].name
  role    = "roles/pubsub.publisher"
  member  = local.pubsub_agent
}

# Acknowledges on the subscription what it forwarded; without it the message is delivered for ever.
resource "google_pubsub_subscription_iam_member" "agent_acknowledges_forwarded" {
  for_each = local.subscriber_names

  project      = var.project
  subscription = google_pubsub_subscription.subscriber[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent
}

# Redrive takes messages from the dead letters of any subscriber ...
resource "google_pubsub_subscription_iam_member" "operator_takes_dead_letters" {
  for_each = {
    for pair in setproduct(local.subscriber_names, var.redrive_operators) : join(" ", pair) => { name = pair[0], member = pair[1] }
  }

  project      = var.project
  subscription = google_pubsub_subscription.dead_letter[each.value.name].name
  role         = "roles/pubsub.subscriber"
  member       = each.value.member
}

# ... and publishes them again.
resource "google_pubsub_topic_iam_member" "operator_republishes" {
  for_each = var.redrive_operators

  project = var.project
  topic   = google_pubsub_topic.incident_events.name
  role    = "roles/pubsub.publisher"
  member  = each.value
}
