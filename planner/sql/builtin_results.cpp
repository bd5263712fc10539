#include "planner/sql/builtin_results.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace planner {
namespace {

struct Results {
  std::string_view type, functions;
};

// From pg_proc of PostgreSQL 15: functions all of whose overloads return one type. What only implements an
// operator or serves the server itself is left out.
// clang-format off
constexpr Results kResults[]{
    {"_aclitem",
     "acldefault aclinsert aclremove"},
    {"_int4",
     "array_positions pg_blocking_pids pg_safe_snapshot_blocking_pids"},
    {"_int8",
     "int2_avg_accum_inv int4_avg_accum_inv"},
    {"_interval",
     "interval_accum_inv"},
    {"_name",
     "current_schemas"},
    {"_text",
     "parse_ident pg_get_statisticsobjdef_expressions pg_settings_get_flags regexp_match regexp_matches "
     "regexp_split_to_array string_to_array ts_lexize tsvector_to_array"},
    {"_xml",
     "xpath"},
    {"aclitem",
     "makeaclitem"},
    {"bit",
     "bit"},
    {"bool",
     "aclcontains amvalidate bool bool_and bool_or btequalimage btvarstrequalimage every "
     "has_any_column_privilege has_column_privilege has_database_privilege "
     "has_foreign_data_wrapper_privilege has_function_privilege has_language_privilege "
     "has_parameter_privilege has_schema_privilege has_sequence_privilege has_server_privilege "
     "has_table_privilege has_tablespace_privilege has_type_privilege inet_same_family is_normalized "
     "isclosed isempty isfinite ishorizontal isopen isparallel isperp isvertical jsonb_path_exists "
     "jsonb_path_exists_tz jsonb_path_match jsonb_path_match_tz like lower_inc lower_inf notlike overlaps "
     "pg_advisory_unlock pg_advisory_unlock_shared pg_cancel_backend pg_collation_is_visible "
     "pg_column_is_updatable pg_conversion_is_visible pg_function_is_visible pg_has_role "
     "pg_index_column_has_property pg_index_has_property pg_indexam_has_property pg_is_in_recovery "
     "pg_is_other_temp_schema pg_is_wal_replay_paused pg_isolation_test_session_is_blocked "
     "pg_jit_available pg_log_backend_memory_contexts pg_opclass_is_visible pg_operator_is_visible "
     "pg_opfamily_is_visible pg_promote pg_relation_is_publishable pg_reload_conf pg_rotate_logfile "
     "pg_rotate_logfile_old pg_stat_have_stats pg_statistics_obj_is_visible pg_table_is_visible "
     "pg_terminate_backend pg_try_advisory_lock pg_try_advisory_lock_shared pg_try_advisory_xact_lock "
     "pg_try_advisory_xact_lock_shared pg_ts_config_is_visible pg_ts_dict_is_visible "
     "pg_ts_parser_is_visible pg_ts_template_is_visible pg_type_is_visible pg_visible_in_snapshot "
     "postgresql_fdw_validator regexp_like row_security_active satisfies_hash_partition "
     "txid_visible_in_snapshot upper_inc upper_inf xml_is_well_formed xml_is_well_formed_content "
     "xml_is_well_formed_document xmlexists xmlvalidate xpath_exists"},
    {"box",
     "bound_box box spg_poly_quad_compress"},
    {"bpchar",
     "bpchar"},
    {"bytea",
     "convert convert_to decode lo_get loread pg_read_binary_file set_byte sha224 sha256 sha384 sha512"},
    {"char",
     "char"},
    {"cidr",
     "cidr inet_merge network"},
    {"circle",
     "circle"},
    {"date",
     "date make_date to_date"},
    {"datemultirange",
     "datemultirange"},
    {"daterange",
     "daterange daterange_canonical"},
    {"float4",
     "float4 float4larger float4smaller ts_rank ts_rank_cd"},
    {"float8",
     "acos acosd acosh area asin asind asinh atan atan2 atan2d atand atanh cbrt corr cos cosd cosh cot "
     "cotd covar_pop covar_samp cume_dist date_part daterange_subdiff degrees dexp diameter dlog1 dlog10 "
     "dround dtrunc float8 float8_avg float8_corr float8_covar_pop float8_covar_samp float8_regr_avgx "
     "float8_regr_avgy float8_regr_intercept float8_regr_r2 float8_regr_slope float8_regr_sxx "
     "float8_regr_sxy float8_regr_syy float8_stddev_pop float8_stddev_samp float8_var_pop float8_var_samp "
     "float8larger float8smaller height int4range_subdiff int8range_subdiff numrange_subdiff percent_rank "
     "pg_notification_queue_usage pi radians radius random regr_avgx regr_avgy regr_intercept regr_r2 "
     "regr_slope regr_sxx regr_sxy regr_syy sin sind sinh slope tan tand tanh tsrange_subdiff "
     "tstzrange_subdiff width"},
    {"inet",
     "broadcast hostmask inet_client_addr inet_server_addr netmask"},
    {"int2",
     "int2 int2larger int2smaller"},
    {"int4",
     "array_length array_lower array_ndims array_position array_upper ascii bit_length bittypmodin "
     "bpchartypmodin cardinality char_length character_length date_cmp_timestamp date_cmp_timestamptz "
     "family generate_subscripts get_bit get_byte inet_client_port inet_server_port int4 int4inc "
     "int4larger int4smaller intervaltypmodin json_array_length jsonb_array_length lo_close lo_export "
     "lo_lseek lo_open lo_tell lo_truncate lo_truncate64 lo_unlink lowrite masklen min_scale mxid_age "
     "npoints ntile num_nonnulls num_nulls numerictypmodin numnode octet_length pg_backend_pid "
     "pg_char_to_encoding pg_column_size pg_encoding_max_length pg_event_trigger_table_rewrite_reason "
     "pg_import_system_collations pg_relation_is_updatable pg_trigger_depth position regexp_count "
     "regexp_instr scale strpos textlen timestamp_cmp_date timestamp_cmp_timestamptz timestamptypmodin "
     "timestamptz_cmp_date timestamptz_cmp_timestamp timestamptztypmodin timetypmodin timetztypmodin "
     "varbittypmodin varchartypmodin width_bucket"},
    {"int4multirange",
     "int4multirange"},
    {"int4range",
     "int4range int4range_canonical"},
    {"int8",
     "bit_count count currval dense_rank int2_sum int2int4_sum int4_sum int8 int8dec int8dec_any int8inc "
     "int8inc_any int8inc_float8_float8 int8larger int8smaller lastval lo_lseek64 lo_tell64 nextval "
     "pg_database_size pg_indexes_size pg_relation_size pg_sequence_last_value pg_size_bytes pg_table_size "
     "pg_tablespace_size pg_total_relation_size rank regr_count row_number setval txid_current "
     "txid_current_if_assigned txid_snapshot_xip txid_snapshot_xmax txid_snapshot_xmin"},
    {"int8multirange",
     "int8multirange"},
    {"int8range",
     "int8range int8range_canonical"},
    {"interval",
     "interval interval_avg justify_days justify_hours justify_interval make_interval"},
    {"json",
     "array_to_json json_agg json_array_elements json_build_array json_build_object json_extract_path "
     "json_object json_object_agg json_strip_nulls row_to_json to_json"},
    {"jsonb",
     "jsonb_agg jsonb_array_elements jsonb_build_array jsonb_build_object jsonb_extract_path jsonb_insert "
     "jsonb_object jsonb_object_agg jsonb_path_query jsonb_path_query_array jsonb_path_query_array_tz "
     "jsonb_path_query_first jsonb_path_query_first_tz jsonb_path_query_tz jsonb_set jsonb_set_lax "
     "jsonb_strip_nulls to_jsonb"},
    {"line",
     "line"},
    {"lseg",
     "diagonal lseg"},
    {"macaddr",
     "macaddr"},
    {"macaddr8",
     "macaddr8 macaddr8_set7bit"},
    {"money",
     "cashlarger cashsmaller money"},
    {"name",
     "current_database current_schema current_user getdatabaseencoding getpgusername name nameconcatoid "
     "pg_client_encoding pg_encoding_to_char pg_get_userbyid session_user"},
    {"numeric",
     "div extract factorial int8_avg int8_sum numeric numeric_div_trunc numeric_exp numeric_inc numeric_ln "
     "numeric_log numeric_sqrt pg_wal_lsn_diff to_number trim_scale"},
    {"nummultirange",
     "nummultirange"},
    {"numrange",
     "numrange"},
    {"oid",
     "lo_creat lo_create lo_from_bytea lo_import oid oidlarger oidsmaller "
     "pg_event_trigger_table_rewrite_oid pg_my_temp_schema pg_nextoid pg_relation_filenode "
     "pg_tablespace_databases"},
    {"path",
     "path pclose popen"},
    {"pg_lsn",
     "pg_backup_start pg_create_restore_point pg_current_wal_flush_lsn pg_current_wal_insert_lsn "
     "pg_current_wal_lsn pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_lsn pg_switch_wal"},
    {"pg_snapshot",
     "pg_current_snapshot"},
    {"point",
     "center point"},
    {"polygon",
     "polygon"},
    {"regclass",
     "pg_filenode_relation pg_get_replica_identity_index pg_partition_ancestors pg_partition_root regclass "
     "to_regclass"},
    {"regcollation",
     "to_regcollation"},
    {"regconfig",
     "get_current_ts_config"},
    {"regnamespace",
     "to_regnamespace"},
    {"regoper",
     "to_regoper"},
    {"regoperator",
     "to_regoperator"},
    {"regproc",
     "to_regproc"},
    {"regprocedure",
     "to_regprocedure"},
    {"regrole",
     "to_regrole"},
    {"regtype",
     "pg_typeof to_regtype"},
    {"text",
     "abbrev array_dims array_to_string cash_words chr col_description concat concat_ws convert_from "
     "current_query current_setting encode format format_type host initcap json_array_elements_text "
     "json_extract_path_text json_object_keys json_typeof jsonb_array_elements_text "
     "jsonb_extract_path_text jsonb_object_keys jsonb_pretty jsonb_typeof left lpad md5 normalize "
     "obj_description oidvectortypes pg_collation_actual_version pg_collation_for pg_column_compression "
     "pg_current_logfile pg_database_collation_actual_version pg_describe_object pg_export_snapshot "
     "pg_get_constraintdef pg_get_expr pg_get_function_arg_default pg_get_function_arguments "
     "pg_get_function_identity_arguments pg_get_function_result pg_get_function_sqlbody pg_get_functiondef "
     "pg_get_indexdef pg_get_partition_constraintdef pg_get_partkeydef pg_get_ruledef "
     "pg_get_serial_sequence pg_get_statisticsobjdef pg_get_statisticsobjdef_columns pg_get_triggerdef "
     "pg_get_viewdef pg_get_wal_replay_pause_state pg_indexam_progress_phasename pg_listening_channels "
     "pg_ls_dir pg_read_file pg_read_file_old pg_relation_filepath pg_size_pretty pg_tablespace_location "
     "pg_walfile_name pg_xact_status querytree quote_ident quote_literal quote_nullable regexp_replace "
     "regexp_split_to_table regexp_substr repeat replace reverse right rpad set_config shobj_description "
     "similar_escape similar_to_escape split_part string_to_table text timeofday to_ascii to_char to_hex "
     "translate txid_status unistr version"},
    {"tid",
     "currtid2 tidlarger tidsmaller"},
    {"time",
     "make_time time"},
    {"timestamp",
     "make_timestamp timestamp"},
    {"timestamptz",
     "clock_timestamp make_timestamptz now pg_conf_load_time pg_last_xact_replay_timestamp "
     "pg_postmaster_start_time pg_xact_commit_timestamp statement_timestamp timestamptz to_timestamp "
     "transaction_timestamp"},
    {"timetz",
     "timetz"},
    {"tsmultirange",
     "tsmultirange"},
    {"tsquery",
     "phraseto_tsquery plainto_tsquery to_tsquery ts_rewrite tsquery_phrase websearch_to_tsquery"},
    {"tsrange",
     "tsrange"},
    {"tstzmultirange",
     "tstzmultirange"},
    {"tstzrange",
     "tstzrange"},
    {"tsvector",
     "array_to_tsvector json_to_tsvector jsonb_to_tsvector setweight strip to_tsvector ts_delete ts_filter"},
    {"txid_snapshot",
     "txid_current_snapshot"},
    {"uuid",
     "gen_random_uuid"},
    {"varbit",
     "varbit"},
    {"varchar",
     "varchar"},
    {"xid",
     "xid"},
    {"xid8",
     "pg_current_xact_id pg_current_xact_id_if_assigned pg_snapshot_xip pg_snapshot_xmax pg_snapshot_xmin"},
    {"xml",
     "cursor_to_xml cursor_to_xmlschema database_to_xml database_to_xml_and_xmlschema "
     "database_to_xmlschema query_to_xml query_to_xml_and_xmlschema query_to_xmlschema schema_to_xml "
     "schema_to_xml_and_xmlschema schema_to_xmlschema table_to_xml table_to_xml_and_xmlschema "
     "table_to_xmlschema xml xmlagg xmlcomment xmlconcat2"},
};

// Aggregates, and functions that return a set of rows; those that look at the server itself are left out.
constexpr std::string_view kAggregates =
    "array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp cume_dist "
    "dense_rank every json_agg json_object_agg jsonb_agg jsonb_object_agg max min mode percent_rank "
    "percentile_cont percentile_disc range_agg range_intersect_agg rank regr_avgx regr_avgy regr_count "
    "regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop stddev_samp "
    "string_agg sum var_pop var_samp variance xmlagg";
constexpr std::string_view kSets =
    "aclexplode generate_series generate_subscripts json_array_elements json_array_elements_text "
    "json_each json_each_text json_object_keys json_populate_recordset json_to_recordset "
    "jsonb_array_elements jsonb_array_elements_text jsonb_each jsonb_each_text jsonb_object_keys "
    "jsonb_path_query jsonb_path_query_tz jsonb_populate_recordset jsonb_to_recordset pg_snapshot_xip "
    "pg_timezone_abbrevs pg_timezone_names regexp_matches regexp_split_to_table string_to_table "
    "ts_debug ts_parse ts_stat ts_token_type txid_snapshot_xip unnest";
// clang-format on

bool holds(std::string_view words, std::string_view word) {
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    if (words.substr(at, end - at) == word) return true;
    at = end + 1;
  }
  return false;
}

}  // namespace

std::string_view builtin_result(std::string_view function) {
  static const auto kByName = [] {
    std::unordered_map<std::string_view, std::string_view> all;
    for (const auto& [type, functions] : kResults) {
      for (std::size_t at = 0; at < functions.size();) {
        const std::size_t end = std::min(functions.find(' ', at), functions.size());
        all.emplace(functions.substr(at, end - at), type);
        at = end + 1;
      }
    }
    return all;
  }();
  const auto found = kByName.find(function);
  return found == kByName.end() ? std::string_view{} : found->second;
}

bool is_builtin_aggregate(std::string_view function) { return holds(kAggregates, function); }
bool returns_builtin_set(std::string_view function) { return holds(kSets, function); }

}  // namespace planner
