// What the image encoder sees: a hook on each block keeps its features, whose three main directions become red, green and blue.
//
//   dotnet run -c Release --project samples/FeatureHook -- [OUT] [PICTURE]
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Data.Drawn;
using Sam2.Torch.Masks;
using Sam2.Torch.Media;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using static TorchSharp.torch;

var output = args.ElementAtOrDefault(0) ?? "out/FeatureHook";
Directory.CreateDirectory(output);
var image = args.Length > 1 ? ImageFile.Read(args[1]) : DemoScene.Create(420, 300).Render().Image;

using var scope = NewDisposeScope();
using var mode = inference_mode();
using var model = ModelLoader.Load("sam2.1_hiera_micro");

// Hooks are as in PyTorch, and modules have PyTorch's names. What a hook returns takes the place of the module's result.
var features = new OrderedDictionary<string, Tensor>();
foreach (var (name, module) in model.named_modules())
{
    if (module is MultiScaleBlock block)
        block.register_forward_hook((_, _, result) =>
        {
            features[name] = result.clone().DetachFromDisposeScope();
            return result;
        });
}

using var predictor = new ImagePredictor(model);
predictor.SetImage(image);
foreach (var (name, values) in features)
    Console.WriteLine($"{name}: [{string.Join(", ", values.shape)}]");

// The last block of each stage, in which features have one resolution.
var stages = features.Values.GroupBy(values => values.shape[1]).Select(stage => Picture(stage.Last())).ToList();
ImageFile.Write(Path.Combine(output, "features.png"), Overlay.SideBySide([image, .. stages]));
foreach (var values in features.Values)
    values.Dispose();

// [1, H, W, C] to a picture of the image's size, by the three principal components.
RgbImage Picture(Tensor values)
{
    using var inner = NewDisposeScope();
    var (height, width, channels) = (values.shape[1], values.shape[2], values.shape[3]);
    var tokens = values.reshape(-1, channels);
    tokens -= tokens.mean([0], keepdim: true);
    var (_, _, directions) = linalg.svd(tokens, fullMatrices: false);
    var colours = tokens.matmul(directions.narrow(0, 0, 3).t());
    var (low, high) = (colours.amin([0], keepdim: true), colours.amax([0], keepdim: true));
    colours = ((colours - low) / (high - low) * 255).reshape(1, height, width, 3).permute(0, 3, 1, 2);
    return RgbImage.FromTensor(nn.functional.interpolate(colours, [image.Height, image.Width], mode: InterpolationMode.Nearest)[0].to(uint8));
}
