terraform {
  # 1.11: override_during in the tests.
  required_version = ">= 1.11.0, < 2.0.0"

  # The bucket is given at init (-backend-config="bucket=..."): it has to exist before this module does.
  backend "gcs" {
    prefix = "incident-lead-webhook"
  }

  required_providers {
    archive = {
      source  = "hashicorp/archive"
      version = "~> 2.7"
    }
    google = {
      source  = "hashicorp/google"
      version = "~> 7.45"
    }
    time = {
      source  = "hashicorp/time"
      version = "~> 0.13"
    }
  }
}

provider "google" {
  project = var.project
  region  = var.region

  # Quota and API checks count against this project, whoever applies.
  user_project_override = true
  billing_project       = var.project

  default_labels = {
    app        = "incident-lead-webhook"
    managed-by = "terraform"
  }
}

data "google_project" "this" {
  project_id = var.project
}
