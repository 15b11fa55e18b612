// Written by subject_answers.py.
#pragma once
#include <cstdint>
#include <string_view>

namespace subject_answers {

struct Answer {
    std::string_view tenant, field, subject;
    std::uint32_t number;
    std::string_view plaintext, mark, text; // the mark in hex
};
inline constexpr std::string_view key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223242526"
                                        "2728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
                                  mark_key = "6465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f80818283";
inline constexpr Answer all[] = {
    {"", "crm.email", "c-17", 1, "", "a2be3dce36f5c6218c3dcbdf93dae38b961f7a29f3a3c0ca2439ab2f24319bee",
     "cd1.AQEHAAAAAAE95fwh9Dg3XJBpU4a6qMWV-Nttm0vA0Q3NZI1ZpUVTIoTZ00c"},
    {"", "crm.email", "c-17", 1, "ada@example.com", "a2be3dce36f5c6218c3dcbdf93dae38b961f7a29f3a3c0ca2439ab2f24319bee",
     "cd1.AQEHAAAAAAE95fwh9Dg3XJBpU4a6qMWV-Nttm6LU8J4muwn59bIQdd-laybN04osQSbP3hrISPziJaE"},
    {"acme", "crm.email", "c-17", 2, "seventeen bytes..",
     "603b64e271ce9515ba75bacb9b6fc06bafdd2156617b28dbd206dc78ae2751ba",
     "cd1.AQEHAAAAAALa7X3boMAuUuMR3QgcNsO7Jh3A-I26D1xfClTX-V1zgndnVuAt4WZ56yZryQ_WK_Mvf4EuPw"},
    {"acme", "crm.phone", "", 2147483647, "+44", "b6a44a908ec25a52026afb88bcea71000503c18884c8dddeecb783eb454558c9",
     "cd1.AQEHAH_____twOYDp4gKpsWY7wDsEzEE5-D42s8utQqdR-9u_ovW_vOY8xDU-z0"},
    {"", "клиент.почта", "Анна", 7, "Анна Петровна, 王小明 🙂",
     "522792ea9ceb022946e69eca964ffec9f670d46bf4bd67c82ccd6ad46d2d8a6d",
     "cd1.AQEHAAAAAAeTAuKrYTGbpOTuKv2TClk3eJ5lWg8LL4MJF0F2VO6_DMWOu6WJr84XGYbB-"
     "2VaGTYgKcnni7KfffliDLNOypBb5fjYZzufnaXmEBrTmA"},
};

} // namespace subject_answers
