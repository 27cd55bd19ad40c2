# Applied once by an owner of the project; everything else is then applied by the deployer that this makes.
terraform {
  required_version = ">= 1.11.0, < 2.0.0"

  # The bucket is made here, so the first apply keeps its state in a local file (terraform/README.md, step 5).
  backend "gcs" {
    prefix = "incident-lead-webhook/bootstrap"
  }

  required_providers {
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
