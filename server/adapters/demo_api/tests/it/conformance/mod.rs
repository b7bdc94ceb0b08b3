//! What every Kubernetes API does. Each behaviour is a function of a client, so that the same suite runs
//! against the demo cluster and, by `AI4K8S_TEST_KUBECONFIG`, against any other.

mod objects;
mod patches;
mod policies;
mod reads;
mod watches;
mod workloads;

/// One test per behaviour.
macro_rules! conformance {
    ($($module:ident::$behaviour:ident),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $behaviour() {
                $module::$behaviour(crate::support::client().await).await;
            }
        )*

        /// The whole suite against one cluster, in order.
        #[tokio::test]
        #[ignore = "the behaviours run as tests of their own; this is for looking at one cluster"]
        async fn suite() {
            let client = crate::support::client().await;
            $(
                $module::$behaviour(client.clone()).await;
            )*
        }
    };
}

conformance! {
    reads::tells_its_version,
    reads::lists_its_kinds,
    reads::lists_its_kinds_in_aggregated_form,
    reads::lists_in_pages,
    reads::selects_by_label_and_field,
    reads::prints_tables,
    reads::gives_metadata_alone,
    reads::says_what_the_caller_may_do,
    reads::measures_nodes_and_pods,
    reads::shows_a_kubelets_summary,
    objects::creates_reads_replaces_and_deletes,
    objects::refuses_a_stale_replacement,
    objects::refuses_a_taken_name_and_a_missing_object,
    objects::names_objects_by_prefix,
    objects::leaves_nothing_after_a_dry_run,
    objects::refuses_unknown_fields_when_strict,
    objects::names_every_invalid_field,
    objects::deletes_by_label,
    objects::honours_preconditions_of_a_delete,
    patches::applies_json_patches,
    patches::applies_merge_patches,
    patches::applies_strategic_patches_by_merge_key,
    patches::applies_server_side_and_guards_owners,
    patches::refuses_a_failed_test,
    watches::tells_of_every_change,
    watches::deletes_what_ceases_to_match,
    watches::refuses_to_start_too_far_back,
    watches::ends_the_initial_events_with_a_bookmark,
    watches::ends_in_time,
    policies::refuses_what_exceeds_a_quota,
    policies::gives_containers_the_defaults_of_a_range,
    policies::evicts_only_what_a_disruption_budget_allows,
    policies::leaves_dependents_that_are_orphaned,
    policies::serves_the_kinds_of_definitions,
    workloads::rolls_out_until_ready,
    workloads::scales_by_subresource,
    workloads::shows_logs,
    workloads::collects_what_an_owner_leaves,
    workloads::leaves_pods_pending_that_do_not_fit,
    workloads::evicts_pods,
    workloads::honours_the_delete_options_of_an_eviction,
    workloads::keeps_a_service_pointed_at_ready_pods,
}
