// Segments what you click on: three answers to one click, then one answer to a box around the best of them.
//
//   dotnet run -c Release --project samples/Segment -- [OUT] [PICTURE X Y]
using System.Globalization;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;

var output = args.ElementAtOrDefault(0) ?? "out/Segment";
Directory.CreateDirectory(output);

// A picture of yours, or one that is drawn here, whose true masks are known: object 1 is a red ball.
var drawn = args.Length > 1 ? null : DemoScene.Create(840, 600).Render();
var image = drawn?.Image ?? ImageFile.Read(args[1]);
var click = drawn is not null
    ? new PointPrompt(0.24f * image.Width, 0.42f * image.Height)
    : new PointPrompt(float.Parse(args[2], CultureInfo.InvariantCulture), float.Parse(args[3], CultureInfo.InvariantCulture));

using var model = ModelLoader.Load("sam2.1_hiera_micro");
using var predictor = new ImagePredictor(model);
predictor.SetImage(image);

// A click may mean the whole, a part or a part of that; the model says how good it believes each mask to be.
using var answers = predictor.Predict(ObjectPrompt.FromPoints(click), multimask: true);
var masks = BinaryMask.FromTensors(answers.Masks);
var scores = answers.Scores.data<float>().ToArray();
for (var i = 0; i < masks.Length; i++)
    Console.WriteLine($"click, mask {i}: {masks[i].Area} pixels, predicted IoU {scores[i]:0.000}{AgainstTruth(masks[i])}");

var best = masks[Array.IndexOf(scores, scores.Max())];
var (x, y, width, height) = best.BoundingBox;
using var answer = predictor.Predict(ObjectPrompt.FromBox(x, y, x + width, y + height), multimask: false);
var mask = BinaryMask.FromTensor(answer.Masks);
Console.WriteLine($"box: {mask.Area} pixels{AgainstTruth(mask)}");

MaskFile.WritePng(Path.Combine(output, "mask.png"), mask);
var prompts = new OverlayPrompts { Points = [(click.X, click.Y, true)], Boxes = [(x, y, x + width, y + height, 1)] };
ImageFile.Write(Path.Combine(output, "overlay.png"), Overlay.Draw(image, [new OverlayObject(1, mask)], prompts));

string AgainstTruth(BinaryMask mask) => drawn is null ? "" : $", true IoU {mask.Iou(drawn.Mask(1)):0.000}";
