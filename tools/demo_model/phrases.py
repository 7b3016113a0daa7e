"""The wordings of questions, and the set pieces of the demo model about itself."""

from __future__ import annotations

from random import Random

I_AM = (
    "I am the glmv demo model, a tiny network trained on drawn scenes. I know four shapes (circle, square, "
    "triangle, star), eight colors and nine places, in pictures and short films. I know nothing else."
)
I_KNOW = (
    "I am only a demo and know drawn shapes. Ask me to describe a picture or a short film, how many shapes there "
    "are, where one is or what color it has."
)
NO_MEDIA = "I see no picture. Give me a picture or a short film of drawn shapes."

DESCRIBE_IMAGE = (
    "Describe this image.",
    "Describe this image.",
    "Describe the image.",
    "Describe this picture.",
    "Describe the scene.",
    "What is in this image?",
    "What do you see?",
    "What is in the picture?",
    "What does this image show?",
    "Tell me what you see in this picture.",
    "What's in this image?",
    "What is this?",
    "List the shapes.",
    "Which shapes are there?",
)
DESCRIBE_FILM = (
    "Describe this video.",
    "Describe this video.",
    "Describe the video.",
    "Describe this film.",
    "What happens?",
    "What happens in this video?",
    "What happens in the film?",
    "What do you see in this video?",
    "What is going on in this video?",
    "Tell me what happens.",
)
DESCRIBE_PAIR = (
    "Describe these images.",
    "Describe these images.",
    "Describe both images.",
    "Describe the two pictures.",
    "What is in these images?",
    "What do you see in these pictures?",
)
COMPARE = (
    "Compare these images.",
    "Compare the two images.",
    "Compare these two pictures.",
    "What is the difference?",
    "What is different?",
    "What changed?",
    "How do these images differ?",
    "What is the difference between the two images?",
    "Are these images the same?",
    "Spot the difference.",
)
COUNT = (
    "How many shapes are there?",
    "How many shapes are in the image?",
    "How many shapes do you see?",
    "How many objects are there?",
    "Count the shapes.",
    "Count the objects in the picture.",
    "How many things are in this image?",
)
COUNT_SOME = (
    "How many {what} are there?",
    "How many {what} do you see?",
    "How many {what} are in the image?",
    "Count the {what}.",
)
WHERE = (
    "Where is the {what}?",
    "Where is the {what}?",
    "Where is the {what} in the image?",
    "Where do you see the {what}?",
    "Where's the {what}?",
    "Locate the {what}.",
    "In which place is the {what}?",
    "Is there {a_what}? Where?",
)
BOX = (
    "Give the bounding box of the {what}.",
    "Give the box of the {what}.",
    "Draw a box around the {what}.",
    "Where is the {what}? Answer with a box.",
    "Where is the {what}? Give the box.",
    "Box of the {what}?",
    "Bounding box of the {what}.",
    "Locate the {what} with a bounding box.",
    "Please provide the bounding box of the {what}.",
    "Ground the {what}.",
    "Find the {what} and give its bounding box.",
)
COLOR = (
    "What color is the {what}?",
    "What color is the {what}?",
    "What colour is the {what}?",
    "What is the color of the {what}?",
    "Which color does the {what} have?",
    "Tell me the color of the {what}.",
)
COLOR_AT = (
    "What color is the shape at the {place}?",
    "What colour is the shape at the {place}?",
    "What is the color of the shape at the {place}?",
)
AT_PLACE = (
    "What is at the {place}?",
    "What do you see at the {place}?",
    "What is in the {place}?",
    "Which shape is at the {place}?",
    "Is there anything at the {place}?",
)
BACKGROUND = (
    "What color is the background?",
    "What colour is the background?",
    "What is the background?",
    "What is the color of the background?",
    "Which background does the image have?",
)
MOVES = (
    "What moves?",
    "What moves in this video?",
    "Which shape moves?",
    "Which object is moving?",
    "What is moving?",
    "Which way does it move?",
    "From where to where does the shape move?",
    "Does anything move?",
    "Where does it move?",
    "Describe the motion.",
)
WHEN = (
    "When does the {what} appear?",
    "When does the {what} appear?",
    "At which second does the {what} appear?",
    "When do you first see the {what}?",
    "At what time does the {what} appear?",
    "When does the {what} show up?",
)
APPEARS = (
    "What appears?",
    "Which shape appears?",
    "What appears, and when?",
    "Does anything appear?",
    "When does something appear?",
    "At which second does something appear?",
    "When does a new shape appear?",
)
WHO = (
    "Who are you?",
    "What are you?",
    "What can you do?",
    "What do you know?",
    "Tell me about yourself.",
    "Introduce yourself.",
    "What is your name?",
    "Which model are you?",
    "What model is this?",
    "Are you GLM?",
    "Help",
    "What can I ask you?",
    "Hello, who are you?",
    "How do you work?",
)

_OPENINGS = (
    "What is",
    "Tell me about",
    "Write",
    "Explain",
    "How do I make",
    "Who is",
    "Translate",
    "Why is",
    "Can you find",
    "Summarize",
    "Who invented",
    "When was",
    "Do you like",
    "I want",
    "Please give me",
    "Solve",
    "How old is",
    "What is the meaning of",
    "What is the capital of",
    "Name",
    "Read",
    "Where is",
    "Where can I buy",
    "Hello",
)
_SUBJECTS = (
    "France",
    "the weather in Paris",
    "a poem about love",
    "a python program",
    "the president",
    "cats and dogs",
    "this text",
    "the sky",
    "a joke",
    "my homework",
    "the second world war",
    "a cake",
    "bread",
    "life",
    "the text in the document",
    "music",
    "the best phone",
    "a story about a dragon",
    "12 + 30",
    "7 * 8",
    "the moon",
    "Einstein",
    "the stock market",
    "a person",
    "the letter",
    "food",
    "water",
    "a car",
    "the house",
    "this invoice",
    "a table of numbers",
    "quantum physics",
    "the ocean",
    "a function in rust",
    "an email to my boss",
    "football",
    "the news",
    "a good book",
    "the user",
    "an animal",
    "中国",
    "你好",
    "España",
    "the number pi",
    "a recipe",
    "the chart",
    "this receipt",
    "the handwriting",
    "a bird",
    "a tree",
)
_CLOSINGS = ("", "", "?", "?", ".", " please", " in German?", " now", " for me.", " in 3 words.", "!")


def ask(rng: Random, forms: tuple[str, ...], what: str = "", place: str = "") -> str:
    """One of the wordings, sometimes as careless as people type."""
    article = "an" if what[:1] in tuple("aeiou") else "a"
    text = rng.choice(forms).format(what=what, place=place, a_what=f"{article} {what}")
    if rng.random() < 0.15:
        text = text[0].lower() + text[1:]
    if rng.random() < 0.15:
        text = text.rstrip("?.")
    if rng.random() < 0.05:
        text = "Please " + text[0].lower() + text[1:]
    return text


def off_topic(rng: Random) -> str:
    text = f"{rng.choice(_OPENINGS)} {rng.choice(_SUBJECTS)}"
    if rng.random() < 0.2:
        text += f" and {rng.choice(_SUBJECTS)}"
    return text + rng.choice(_CLOSINGS)
