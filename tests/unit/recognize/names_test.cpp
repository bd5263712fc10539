#include <gtest/gtest.h>

#include "planner/migration.h"
#include "planner/recognize/names.h"
#include "planner/recognize/parts.h"
#include "planner/recognize/recognize.h"

namespace planner {
namespace {

using Words = std::vector<std::string>;

TEST(Names, are_split_into_words_however_they_are_written) {
  EXPECT_EQ(words_of("modelSizeKB"), (Words{"model", "size", "kb"}));
  EXPECT_EQ(words_of("model_size_kb"), (Words{"model", "size", "kb"}));
  EXPECT_EQ(words_of("URLPath"), (Words{"url", "path"}));
  EXPECT_EQ(words_of("address2Line"), (Words{"address", "2", "line"}));
  EXPECT_EQ(words_of("__x--y"), (Words{"x", "y"}));
  EXPECT_EQ(words_of(""), Words{});
}

TEST(Names, that_are_the_same_in_other_writing_are_nearly_equal) {
  EXPECT_EQ(name_similarity("email", "email"), 1);
  EXPECT_GT(name_similarity("createdAt", "created_at"), 0.95);
  EXPECT_GT(name_similarity("modelSizeKB", "modelSizeKb"), 0.95);
  EXPECT_GT(name_similarity("UserName", "username"), 0.95);
}

TEST(Names, that_were_misspelt_reordered_or_abbreviated_are_alike) {
  EXPECT_GT(name_similarity("pacakgeName", "packageName"), 0.8);
  EXPECT_GT(name_similarity("recieved_at", "received_at"), 0.8);
  EXPECT_GT(name_similarity("name_user", "user_name"), 0.9);
  EXPECT_GT(name_similarity("desc", "description"), 0.8);
  EXPECT_GT(name_similarity("qty", "quantity"), 0.6);
  EXPECT_GT(name_similarity("org_id", "organization_id"), 0.7);
  EXPECT_GT(name_similarity("dob", "date_of_birth"), 0.7);
  EXPECT_GT(name_similarity("name", "fullName"), 0.6);
  EXPECT_GT(name_similarity("parentObservationId", "parent_observation_id"), 0.95);
}

TEST(Names, of_two_things_are_not_alike) {
  EXPECT_LT(name_similarity("created_at", "updated_at"), 0.5);
  EXPECT_LT(name_similarity("first_name", "last_name"), 0.6);
  EXPECT_LE(name_similarity("address1", "address2"), 0.5);
  EXPECT_LT(name_similarity("user_id", "project_id"), 0.4);
  EXPECT_LT(name_similarity("email", "price"), 0.3);
  EXPECT_LE(name_similarity("enabled", "disabled"), 0.4);
  EXPECT_LE(name_similarity("is_active", "is_inactive"), 0.4);
}

TEST(Names, that_turn_the_meaning_around_are_told) {
  EXPECT_TRUE(opposites("enabled", "disabled"));
  EXPECT_TRUE(opposites("isEnabled", "isDisabled"));
  EXPECT_TRUE(opposites("is_visible", "is_hidden"));
  EXPECT_TRUE(opposites("verified", "unverified"));
  EXPECT_TRUE(opposites("is_public", "is_not_public"));
  EXPECT_FALSE(opposites("name", "full_name"));
  EXPECT_FALSE(opposites("enabled", "is_enabled"));
  EXPECT_FALSE(opposites("notes", "note"));
}

TEST(MigrationName, says_a_rename_when_it_has_the_word_and_the_names) {
  EXPECT_EQ(what_name_says("20240101000000_rename_name_to_fullname", "name", "fullName"),
            NameSays::RenameOfBoth);
  EXPECT_EQ(what_name_says("20240101000000_rename_name_to_full_name", "name", "fullName"),
            NameSays::RenameOfBoth);
  EXPECT_EQ(what_name_says("20240101000000_renamed_user_first_name_to_given_name", "firstName", "givenName"),
            NameSays::RenameOfBoth);
  EXPECT_EQ(what_name_says("20240101000000_rename_fullname_to_name", "name", "fullName"),
            NameSays::RenameReversed);
  EXPECT_EQ(what_name_says("20240101000000_rename_title", "title", "headline"), NameSays::RenameOfOne);
  EXPECT_EQ(what_name_says("20240101000000_rename_things", "title", "headline"), NameSays::Rename);
  EXPECT_EQ(what_name_says("20240101000000_title_and_headline", "title", "headline"), NameSays::Nothing);
}

TEST(MigrationName, has_a_purpose_behind_its_version) {
  EXPECT_EQ(purpose_of("20240102030405_rename_name_to_fullname"), "rename_name_to_fullname");
  EXPECT_EQ(purpose_of("01_init"), "init");
  EXPECT_EQ(purpose_of("0000_slimy_vargas"), "slimy_vargas");
  EXPECT_EQ(purpose_of("V2__add_x"), "add_x");
  EXPECT_EQ(purpose_of("2019-01-02-030405_add_x"), "add_x");
  EXPECT_EQ(purpose_of("20240826120919_init.up.sql"), "init");
  EXPECT_EQ(purpose_of("0004_1.8.0_schema"), "1.8.0_schema");
  EXPECT_EQ(purpose_of("20241002062702_"), "20241002062702_");
  EXPECT_EQ(purpose_of("add_x"), "add_x");
  EXPECT_EQ(purpose_of("2fa_codes"), "2fa_codes");
}

TEST(BestPairs, are_the_ones_with_the_largest_sum_and_do_not_cross) {
  EXPECT_EQ(best_pairs({{0.9, 0.8}, {0.85, 0}}), (std::vector<int>{1, 0}));
  EXPECT_EQ(best_pairs({{0.9, 0.1}, {0.2, 0.8}}), (std::vector<int>{0, 1}));
  EXPECT_EQ(best_pairs({{0, 0, 0.6}}), (std::vector<int>{2}));
  EXPECT_EQ(best_pairs({{0.5}, {0.6}}), (std::vector<int>{-1, 0}));
  EXPECT_EQ(best_pairs({{0, 0}}), (std::vector<int>{-1}));
  EXPECT_EQ(best_pairs({}), std::vector<int>{});
}

}  // namespace
}  // namespace planner
