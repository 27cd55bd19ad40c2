# Tells the billing administrators, and the channels, before a month gets dear. It stops nothing.
resource "google_billing_budget" "project" {
  count = var.monthly_budget == null ? 0 : 1

  billing_account = var.monthly_budget.billing_account
  display_name    = "${var.project}, a month"

  amount {
    specified_amount {
      units = tostring(var.monthly_budget.amount)
    }
  }

  budget_filter {
    calendar_period = "MONTH"
    projects        = ["projects/${data.google_project.this.number}"]
  }

  threshold_rules {
    threshold_percent = 0.5
  }
  threshold_rules {
    threshold_percent = 1
  }
  threshold_rules {
    spend_basis       = "FORECASTED_SPEND"
    threshold_percent = 1
  }

  dynamic "all_updates_rule" {
    for_each = length(var.monthly_budget.channels) == 0 ? [] : [var.monthly_budget.channels]

    content {
      monitoring_notification_channels = all_updates_rule.value
    }
  }

  depends_on = [time_sleep.services]
}
