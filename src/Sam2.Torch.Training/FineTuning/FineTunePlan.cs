using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Data;
using Sam2.Torch.Data.Annotation;
using Sam2.Torch.Media;
using Sam2.Torch.Training.Optimization;
using Sam2.Torch.Training.Recipes;

namespace Sam2.Torch.Training.FineTuning;

/// <summary>What is to be fine-tuned, and how, as far as the size of the data doesn't decide it.</summary>
public sealed record FineTuneOptions
{
    /// <summary>The checkpoint to start from: a file or a published name.</summary>
    public required string Model { get; init; }

    /// <summary>Steps of the optimizer; null for as many as the number of pictures asks for.</summary>
    public long? Steps { get; init; }

    /// <summary>Whether the image encoder is trained too. It is frozen otherwise, and its features are kept.</summary>
    public bool TrainEncoder { get; init; }

    /// <summary>The rank of low-rank updates that are trained in place of whole weights (LoRA); null for whole weights.</summary>
    public int? LoraRank { get; init; }

    /// <summary>The seed of everything random.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Where to train: <c>cpu</c>, <c>cuda</c> …</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>CPU threads; all cores if null.</summary>
    public int? Threads { get; init; }
}

/// <summary>
/// The recipe of a fine-tuning run on few pictures. The mask decoder is trained, with the image encoder if that is wanted; the number of
/// pictures decides on the steps and on how pictures are varied.
/// </summary>
public static class FineTunePlan
{
    private const int LargestBatch = 4;

    // The layers of these parts that get low-rank updates: all linear ones of the decoder's transformer, and those of the encoder's attention.
    private const string Decoder = "sam_mask_decoder.transformer.*", Encoder = "image_encoder.trunk.blocks.*.attn.qkv|proj";

    // The fewer pictures, the more they are varied. These are the numbers at which that changes.
    private const int Few = 30, Some = 80, Many = 200;

    /// <summary>How many steps are taken: 100, and 5 for each picture, from 150 to 1000.</summary>
    /// <param name="pictures">Number of pictures to learn from.</param>
    public static long StepsFor(int pictures) => Math.Clamp(100 + (5L * pictures), 150, 1000);

    /// <summary>How many views of each picture there are where features are kept: 6 of up to 30 pictures, 4 of up to 80, else the picture and its mirror image.</summary>
    /// <param name="pictures">Number of pictures to learn from.</param>
    public static int ViewsFor(int pictures) => pictures <= Few ? 6 : pictures <= Some ? 4 : 2;

    /// <summary>Makes the recipe.</summary>
    /// <param name="options">What is wanted.</param>
    /// <param name="data">The pictures.</param>
    /// <param name="lists">The folder in which <c>train.txt</c> and <c>validation.txt</c> name the pictures of each part.</param>
    /// <param name="trainPictures">Number of pictures to learn from.</param>
    /// <exception cref="CheckpointException">The model is missing or damaged.</exception>
    public static Recipe Create(FineTuneOptions options, FineTuneData data, string lists, int trainPictures)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(data);
        var model = new ModelSettings { Checkpoint = options.Model };
        var config = ModelFactory.Configure(model);
        var steps = options.Steps ?? StepsFor(trainPictures);
        var trunk = config.ImageEncoder.Trunk;
        // Batch normalisation changes the features of a frozen encoder, too.
        var keeps = !options.TrainEncoder && !trunk.KeepsStatistics;
        var random = new PlainDictionary(trunk.Randomness.Where(setting => setting.Value > 0).Select(setting => KeyValuePair.Create<string, object?>(setting.Setting, 0.0)));
        DatasetSettings Pictures(string list) => new()
        {
            Kind = data.Format ?? DatasetSettings.Auto,
            Root = data.Root,
            VideoList = Path.Combine(lists, list + ".txt"),
            Options = data.Part is { } part ? new() { ["split"] = part } : PlainDictionary.Empty,
        };
        return new Recipe
        {
            Seed = options.Seed,
            Steps = steps,
            Device = options.Device,
            Threads = options.Threads,
            Precision = options.Device.StartsWith("cuda", StringComparison.Ordinal) ? TrainingPrecision.Bf16 : TrainingPrecision.Fp32,
            Model = model with
            {
                Trainable = options.LoraRank is not null ? [] : options.TrainEncoder ? [ModelPart.ImageEncoder, ModelPart.MaskDecoder] : [ModelPart.MaskDecoder],
                Lora = options.LoraRank is { } rank ? new() { Rank = rank, Alpha = 2 * rank, Modules = options.TrainEncoder ? [Decoder, Encoder] : [Decoder] } : null,
                Frozen = !options.TrainEncoder && config.UseHighResFeaturesInSam ? ["sam_mask_decoder.conv_s*"] : [],
                // Features that are kept must not be random.
                Settings = keeps && random.Count > 0 ? new() { ["image_encoder"] = new PlainDictionary { ["trunk"] = random } } : PlainDictionary.Empty,
            },
            Data = new()
            {
                Train =
                [
                    new()
                    {
                        Dataset = Pictures("train"),
                        Frames = 1,
                        Clips = Math.Min(LargestBatch, trainPictures),
                        Views = keeps ? ViewsFor(trainPictures) : null,
                        Augmentations = AugmentationsFor(trainPictures),
                    },
                ],
                Validation = new() { Images = Pictures("validation"), Clicks = [1, 3] },
            },
            Prompting = TrainingOptions.FineTuning with { NumCorrectionPtPerFrame = 3, ProbToSampleCenterForTrain = 0.5 },
            Optimizer = OptimizerFor(options),
            FeatureCache = keeps ? new() : null,
            Ema = new() { Decay = 0.99 },
            Log = new() { Every = (int)Math.Max(1, steps / 20), Tensorboard = false },
            Checkpoint = new() { Every = (int)Math.Max(50, steps / 4) },
            Validation = new() { Every = (int)Math.Max(1, (steps + 3) / 4) },
        };
    }

    private static IReadOnlyList<PlainDictionary> AugmentationsFor(int pictures) => pictures <= Some
        ?
        [
            new() { ["kind"] = "affine", ["degrees"] = 15.0, ["shear"] = 5.0, ["scale"] = new PlainList([0.8, 1.25]) },
            new() { ["kind"] = "color_jitter", ["brightness"] = 0.2, ["contrast"] = 0.2, ["saturation"] = 0.2 },
        ]
        : pictures <= Many ? [new() { ["kind"] = "color_jitter", ["brightness"] = 0.1, ["contrast"] = 0.1, ["saturation"] = 0.1 }] : [];

    private static OptimizerSettings OptimizerFor(FineTuneOptions options) => new()
    {
        // Low-rank updates begin at zero and take larger steps than weights that are good already.
        Lr = options.LoraRank is not null ? [Rate(2e-3)]
            : options.TrainEncoder ? [Rate(2e-4), Rate(4e-5) with { ParamNames = ["image_encoder.*"] }]
            : [Rate(2e-4)],
        LayerDecay = options.TrainEncoder && options.LoraRank is null ? new() { Overrides = [new() { Pattern = "*pos_embed*" }] } : null,
        MaxGradientNorm = 1,
    };

    /// <summary>A short rise, then a cosine.</summary>
    private static OptionSettings Rate(double peak) => new()
    {
        Scheduler = ScheduleKind.Composite,
        Schedulers =
        [
            new() { Scheduler = ScheduleKind.Linear, StartValue = peak / 10, EndValue = peak },
            new() { Scheduler = ScheduleKind.Cosine, StartValue = peak, EndValue = peak / 100 },
        ],
        Lengths = [0.05, 0.95],
    };
}

/// <summary>Pictures with true masks for fine-tuning, and how they are parted into those to learn from and those to measure on.</summary>
public sealed class FineTuneData
{
    // Keeps the split's random numbers apart from other uses of the seed.
    private const ulong SplitStream = 11;

    private FineTuneData(string root, string? format, string? split, IReadOnlyList<(string Name, int Objects)> pictures, IReadOnlyList<string> leftOut) =>
        (Root, Format, Part, Pictures, LeftOut) = (root, format, split, pictures, leftOut);

    /// <summary>The data set's folder.</summary>
    public string Root { get; }

    /// <summary>The name of its format; null if it was found out.</summary>
    public string? Format { get; }

    /// <summary>The part of the data set that is used; null for all of it.</summary>
    public string? Part { get; }

    /// <summary>The pictures that can be used, with the number of objects on each, in the data set's order.</summary>
    public IReadOnlyList<(string Name, int Objects)> Pictures { get; }

    /// <summary>Why pictures were left out, one line for each.</summary>
    public IReadOnlyList<string> LeftOut { get; }

    /// <summary>Looks at every picture of a data set. Those that are damaged or show no object are left out.</summary>
    /// <param name="root">The folder: COCO, YOLO, LabelMe, folders of pictures and masks, or another format of pictures.</param>
    /// <param name="format">The name of its format, one of <see cref="DatasetFormats.Names"/>; null to find out.</param>
    /// <param name="part">The part that is used, such as <c>train</c>; null for all.</param>
    /// <param name="progress">Told how many pictures have been looked at, and of how many.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <exception cref="DatasetException">The data set can't be opened, holds videos, or has fewer than two pictures with objects.</exception>
    public static FineTuneData Survey(
        string root, string? format = null, string? part = null, IProgress<(int Done, int All)>? progress = null, CancellationToken cancellationToken = default)
    {
        var all = DatasetReader.Open(root, format, new DatasetOptions { Split = part });
        var (pictures, leftOut) = (new List<(string, int)>(), new List<string>());
        for (var i = 0; i < all.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Report((i, all.Count));
            var picture = all[i];
            if (picture.FrameCount != 1)
                throw new DatasetException($"{root} holds videos ({picture.Name} has {picture.FrameCount} frames); fine-tune on videos by a recipe, or give pictures.");
            try
            {
                // The whole picture, not only its header: a damaged one must not end the run later.
                picture.ReadFrame(0);
                var objects = picture.VisibleObjects(0).Count;
                if (objects > 0)
                    pictures.Add((picture.Name, objects));
                else
                    leftOut.Add($"{picture.Name} shows no object");
            }
            catch (Exception e) when (e is DatasetException or MediaException or AnnotationException or IOException or UnauthorizedAccessException)
            {
                leftOut.Add($"{picture.Name}: {e.Message}");
            }
        }
        return pictures.Count >= 2 ? new(root, format, part, pictures, leftOut) : throw new DatasetException(
            $"{root} has {pictures.Count} {(pictures.Count == 1 ? "picture" : "pictures")} with objects, but fine-tuning needs at least 2, one to learn from and one to measure on."
            + (leftOut.Count > 0 ? $" {leftOut.Count} were left out, the first because: {leftOut[0]}" : ""));
    }

    /// <summary>Parts the pictures at random. Equal pictures, shares and seeds give equal parts.</summary>
    /// <param name="validationShare">The share of pictures to measure on, in (0, 1); at least one and all but one.</param>
    /// <param name="seed">Chooses them.</param>
    /// <returns>Names of pictures to learn from and to measure on, each in the data set's order.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The share is not between 0 and 1.</exception>
    public (IReadOnlyList<string> Train, IReadOnlyList<string> Validation) Split(double validationShare, ulong seed)
    {
        if (!(validationShare is > 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(validationShare), validationShare, $"The share of pictures to measure on is {validationShare}; it must be between 0 and 1.");
        string[] names = [.. Pictures.Select(picture => picture.Name)];
        var count = Math.Clamp((int)Math.Round(names.Length * validationShare), 1, names.Length - 1);
        var chosen = TrainingRandom.For(seed, SplitStream).Choose(names, count).ToHashSet();
        return ([.. names.Where(name => !chosen.Contains(name))], [.. names.Where(chosen.Contains)]);
    }

    /// <summary>Opens some of the pictures.</summary>
    /// <exception cref="DatasetException">The data set has changed since.</exception>
    public IReadOnlyList<IAnnotatedVideo> Open(IReadOnlyList<string> names) => DatasetReader.Open(Root, Format, new DatasetOptions { Split = Part, Videos = names });
}
