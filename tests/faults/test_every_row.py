"""Holds: each fault of which something is promised has a test that commits it, listed here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

# What may go wrong, and where it is done on purpose: a file, and its tests.
FAULTS = {
    "not-a-number and infinity in X and y": {
        "faults/test_data": "refused_by_fit rows_are_counted_as_given_where_some_are_held_out",
        "data/test_intake": "a_value_that_is_not_finite_is_found",
    },
    "X of a wrong width, of one dimension, of another length, empty": {
        "faults/test_data": "refused_by_fit refused_later", "data/test_intake": "rows_must_agree",
    },
    "labels that are fractional, negative, out of range, one-hot, texts": {
        "data/test_labels": "the_coding_that_is_certain labels_that_are_not_certain_are_refused",
        "train/test_labels": "targets_that_do_not_fit_are_refused one_hot_and_integers_train_alike "
        "an_unknown_label_is_refused",
    },
    "one row; a batch of one with statistics; sizes of batches without meaning": {
        "faults/test_data": "one_row batch_sizes",
        "train/test_batches": "a_batch_of_one_row_has_no_statistics "
        "a_row_alone_joins_the_batch_before",
    },
    "arguments out of their range": {
        "faults/test_arguments": "out_of_range of_a_wrong_type unknown_or_together_impossible",
    },
    "a prediction that would stretch over its target": {
        "faults/test_losses": "a_loss_that_would_compare_each_with_all in_a_loop_written_by_hand "
        "a_loop_of_ones_own_never_makes_a_square",
    },
    "columns that are constant, huge or tiny": {
        "faults/test_data": "constant_huge_and_tiny_columns_work",
    },
    "every dtype, byte order and layout; memory that is not ours": {
        "faults/test_data": "every_layout_gives_the_same_bits narrow_numbers_are_widened "
        "memory_of_the_caller_is_never_written",
        "data/test_intake": "every_layout_and_dtype_keeps_its_values",
    },
    "frames, lists, sparse matrices": {
        "data/test_intake": "what_holds_numbers_becomes_the_same_matrix",
        "faults/test_data": "a_sparse_matrix_too_large_to_be_dense",
        "train/test_batches": "a_table_and_a_frame",
    },
    "arithmetic of integers": {
        "faults/test_losses": "small_integers_wrap_as_in_numpy means_of_integers_are_floating "
        "integers_have_no_gradient",
    },
    "a rate of 1e30": {
        "train/test_non_finite": "a_rate_that_is_far_too_high "
        "the_history_goes_up_to_the_broken_step",
    },
    "Ctrl-C": {"train/test_interrupt": "once twice"},
    "SIGKILL, a full disk, an error at any operation of a save": {
        "faults/test_files": "a_kill_at_any_moment_leaves_a_whole_file "
        "a_fault_at_any_operation_leaves_a_whole_file",
        "files/test_files": "what_a_killed_save_leaves_is_removed_by_the_next "
        "a_full_disk_is_explained",
    },
    "a file cut short, with a flipped bit, of another program, of a newer version": {
        "faults/test_files": "a_flipped_bit_in_any_byte_of_a_training_is_refused "
        "a_training_cut_short_at_any_length_is_refused a_file_of_the_first_version_is_read",
        "checkpoint/test_checkpoint": "a_safetensors_file_of_another_program_is_refused "
        "a_file_of_a_newer_pellucid_says_which_is_needed",
    },
    "a file that means ill": {
        "faults/test_files": "damaged_and_ill_meant_files_are_refused_with_little_memory_and_time",
        "checkpoint/test_checkpoint": "a_hostile_header_is_refused",
        "peers/test_interop_onnx": "paths_that_lead_elsewhere_are_refused "
        "a_graph_that_asks_for_too_much_memory_is_refused names_in_a_file_do_not_become_code",
    },
    "going on after a kill": {
        "train/test_resume": "a_training_that_was_killed_goes_on_to_the_same_bits",
        "cli/test_resume": "a_run_that_was_killed_goes_on",
    },
    "eight threads with dropout": {"faults/test_processes": "eight_threads_give_the_bits_of_one"},
    "a fork after a fit": {"faults/test_processes": "a_forked_child_can_train"},
    "a tensor larger than memory": {
        "faults/test_processes": "a_lack_of_memory_is_an_error_after_which_all_goes_on",
    },
    "a chain of 100,000 operations": {
        "autodiff/test_gradients": "a_chain_of_a_hundred_thousand_operations_forward_and_backward",
    },
    "a program called with inputs of a wrong shape or dtype": {
        "engines/test_function": "wrong_calls_name_the_input",
    },
    "no llvmlite; a cache that cannot be written, or is broken": {
        "engines/test_fallback": "the_reference_engine_takes_over_with_one_warning",
        "native/test_cache": "where_nothing_can_be_written_nothing_is_kept "
        "a_broken_entry_is_made_anew "
        "processes_share_code_and_one_that_cannot_keep_any_works_as_well",
    },
    "thousands of fits in one process": {
        "faults/test_processes": "hundreds_of_fits_of_one_network fits_of_new_networks",
    },
}  # fmt: skip


@pytest.mark.parametrize("places", FAULTS.values(), ids=FAULTS)
def test_it_is_done_on_purpose(places: dict[str, str]) -> None:
    for file, names in places.items():
        held = re.findall(r"^def test_(\w+)\(", (TESTS / f"{file}.py").read_text(), re.MULTILINE)
        assert held
        assert not [name for name in names.split() if name not in held], file
