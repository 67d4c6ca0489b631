// Finds every object of a picture without a prompt, and writes the masks as COCO has them.
//
//   dotnet run -c Release --project samples/Everything -- [OUT] [PICTURE]
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Prediction;

var output = args.ElementAtOrDefault(0) ?? "out/Everything";
Directory.CreateDirectory(output);

// A picture of yours, or one that is drawn here.
var drawn = args.Length > 1 ? null : DemoScene.Create(840, 600).Render();
var image = drawn?.Image ?? ImageFile.Read(args[1]);

// A grid of clicks. Masks that the model doubts or that change with their threshold are dropped, and so are duplicates.
using var model = ModelLoader.Load("sam2.1_hiera_micro");
var options = new MaskGeneratorOptions { PointsPerSide = 16, PredIouThreshold = 0.7, StabilityScoreThreshold = 0.9 };
var masks = new MaskGenerator(model, options).Generate(image);
foreach (var mask in masks)
    Console.WriteLine($"{mask.Area} pixels at {mask.Box.X},{mask.Box.Y}, predicted IoU {mask.PredictedIou:0.000}, stability {mask.StabilityScore:0.000}");

if (drawn is not null)
{
    var found = drawn.Masks().Values.Count(truth => masks.Any(mask => mask.Segmentation.Decode().Iou(truth) > 0.75));
    Console.WriteLine($"{masks.Count} masks; {found} of {drawn.Masks().Count} drawn objects are among them");
}

// Large masks below small ones.
var largestFirst = masks.Index().OrderByDescending(mask => mask.Item.Area);
ImageFile.Write(
    Path.Combine(output, "overlay.png"),
    Overlay.Draw(image, [.. largestFirst.Select(mask => new OverlayObject(mask.Index + 1, mask.Item.Segmentation.Decode()))]));
ImageFile.Write(Path.Combine(output, "picture.png"), image);

using var coco = AnnotationFormats.Create("coco", output, [new AnnotationCategory(1, "object")]);
var objects = masks.Select(mask => AnnotatedObject.FromMask(mask.Segmentation, category: 1, mask.PredictedIou));
coco.Write(new AnnotatedImage("picture.png", image.Width, image.Height, [.. objects]));
coco.Complete();
