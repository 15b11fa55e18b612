#include "common/json.hpp"
#include <cmath>
#include <gtest/gtest.h>

using namespace cd;

TEST(Json, EscapesAndWritesTheShortestNumbers) {
    Json json;
    json.begin_object().key("a\"\\\n\x01").begin_array().number(0.1).number(1e22).number(-0.5).integer(3).end_array();
    json.key("b").null().key("c").text("Zürich").key("d").boolean(true).key("e").number(NAN);
    json.key("f").begin_array().end_array().key("g").begin_object().end_object().end_object();
    EXPECT_EQ(json.str(), "{\"a\\\"\\\\\\u000a\\u0001\": [0.1, 1e+22, -0.5, 3], \"b\": null, \"c\": \"Zürich\", "
                          "\"d\": true, \"e\": null, \"f\": [], \"g\": {}}");
}
