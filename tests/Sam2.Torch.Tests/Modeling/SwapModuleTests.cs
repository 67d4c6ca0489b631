using NUnit.Framework;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Configuration;
using Sam2.Torch.Modeling;
using Sam2.Torch.Prediction;
using Sam2.Torch.Tracking;
using TestSupport;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Sam2.Torch.Tests.Modeling;

/// <summary>Modules of a user's own take the place of a model's parts, against public API only.</summary>
public sealed class SwapModuleTests
{
    private static readonly Sam2Config Nano = Sam2Presets.Nano with { ImageSize = 64 };

    /// <summary>A frame keeps its tokens, whatever is remembered.</summary>
    private sealed class IdentityAttention : nn.Module<Tensor, Tensor, Tensor, Tensor, long, Tensor>
    {
        private readonly Linear unused;

        public IdentityAttention() : base(nameof(IdentityAttention))
        {
            unused = nn.Linear(2, 3);
            RegisterComponents();
        }

        public override Tensor forward(Tensor current, Tensor currentPosition, Tensor memory, Tensor memoryPosition, long numObjPtrTokens) =>
            current.expand(memory.shape[0], -1, -1);
    }

    /// <summary>One strided convolution per stage.</summary>
    private sealed class ConvolutionalTrunk : nn.Module<Tensor, IReadOnlyList<Tensor>>
    {
        private readonly ModuleList<Conv2d> stages;

        public ConvolutionalTrunk(params int[] channels) : base(nameof(ConvolutionalTrunk))
        {
            stages = new ModuleList<Conv2d>([.. channels.Select((width, i) => i == 0
                ? nn.Conv2d(3, width, kernel_size: 4, stride: 4)
                : nn.Conv2d(channels[i - 1], width, kernel_size: 2, stride: 2))]);
            RegisterComponents();
        }

        public override IReadOnlyList<Tensor> forward(Tensor images)
        {
            using var scope = NewDisposeScope();
            var features = new List<Tensor>();
            foreach (var stage in stages) features.Add(stage.call(features.Count == 0 ? images : features[^1]).relu());
            foreach (var feature in features) feature.MoveToOuterDisposeScope();
            return features;
        }
    }

    private static readonly Sam2Parts OwnAttention = new() { MemoryAttention = _ => new IdentityAttention() };

    private static readonly Sam2Parts OwnTrunk = new()
    {
        ImageEncoder = config => new ImageEncoder(config.ImageEncoder, trunk: new ConvolutionalTrunk(32, 64, 128, 256)),
    };

    [Test]
    public void The_other_parts_keep_their_state_dict_keys()
    {
        using var scope = NewDisposeScope();
        using var standard = new Sam2Model(Nano);
        using var attention = new Sam2Model(Nano, OwnAttention);
        using var trunk = new Sam2Model(Nano, OwnTrunk);
        Assert.Multiple(() =>
        {
            Assert.That(KeysOf(attention), Is.EquivalentTo(
                Without(standard, "memory_attention.").Concat(["memory_attention.unused.weight", "memory_attention.unused.bias"])));
            Assert.That(KeysOf(trunk), Is.EquivalentTo(Without(standard, "image_encoder.trunk.").Concat(
                Enumerable.Range(0, 4).SelectMany(i => new[] { $"image_encoder.trunk.stages.{i}.weight", $"image_encoder.trunk.stages.{i}.bias" }))));
        });
    }

    [Test]
    public void A_model_is_built_again_from_its_configuration_and_parts()
    {
        using var scope = NewDisposeScope();
        using var model = new Sam2Model(Nano, OwnTrunk with { MemoryAttention = OwnAttention.MemoryAttention });
        using var again = new Sam2Model(model.Config, model.Parts);
        Assert.That(KeysOf(again), Is.EqualTo(KeysOf(model)));
        Assert.That(again.MemoryAttention, Is.TypeOf<IdentityAttention>().And.Not.SameAs(model.MemoryAttention));
    }

    [Test]
    public void An_own_trunk_encodes_images_and_its_hook_fires()
    {
        ConvolutionalTrunk? trunk = null;
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var model = new Sam2Model(Nano, new Sam2Parts
        {
            ImageEncoder = config => new ImageEncoder(config.ImageEncoder, trunk = new ConvolutionalTrunk(32, 64, 128, 256)),
        });
        model.eval();
        var calls = 0;
        trunk!.register_forward_hook(_ => calls++);

        var features = model.EncodeImage(DeterministicWeights.NoiseTensor("image", 2, 3, 64, 64));

        Assert.Multiple(() =>
        {
            Assert.That(calls, Is.EqualTo(1));
            Assert.That(features.Embedding.shape, Is.EqualTo(new long[] { 2, 64, 4, 4 }));
            Assert.That(features.HighRes!.Stride8.shape, Is.EqualTo(new long[] { 2, 16, 8, 8 }));
            Assert.That(features.HighRes.Stride4.shape, Is.EqualTo(new long[] { 2, 8, 16, 16 }));
        });
    }

    [Test]
    public void An_own_memory_attention_conditions_frames_while_tracking()
    {
        using var model = new Sam2Model(Nano, OwnAttention);
        model.eval();
        DeterministicWeights.Fill(model);
        var calls = 0;
        model.MemoryAttention.register_forward_hook(_ => calls++);

        using (var session = new VideoSession(model, new DrawnVideo(3)))
        {
            session.AddPoints(0, 1, new PointPrompt(60, 45));
            foreach (var _ in session.Propagate()) { }
        }
        Assert.That(calls, Is.EqualTo(2)); // the first frame has nothing to attend to

        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var embedding = DeterministicWeights.NoiseTensor("embedding", 1, 64, 4, 4);
        var memories = new MemoryTokens(zeros(2, 16, 16), zeros(1, 16, 16), NumObjPtrTokens: 0);
        Close.Within(model.ConditionOnMemory(embedding, memories), embedding.expand(2, -1, -1, -1), 0, "embedding");
    }

    [Test]
    public void Own_layers_stand_in_the_standard_memory_attention()
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        using var attention = new MemoryAttention(Nano.MemoryAttention, layer: _ => new IdentityAttention());
        Assert.That(attention.state_dict().Keys, Is.EquivalentTo(new[]
        {
            "layers.0.unused.weight", "layers.0.unused.bias", "layers.1.unused.weight", "layers.1.unused.bias", "norm.weight", "norm.bias",
        }));

        var (tokens, positions) = (DeterministicWeights.NoiseTensor("tokens", 1, 16, 64), DeterministicWeights.NoiseTensor("positions", 1, 16, 64));
        var conditioned = attention.call(tokens, positions, zeros(1, 16, 16), zeros(1, 16, 16), 0);
        Close.Within(conditioned, nn.functional.layer_norm(tokens + 0.1 * positions, [64]), 1e-5, "tokens");
    }

    [Test]
    public void A_checkpoint_fills_the_parts_that_stay()
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var file = RepositoryFiles.Golden("sam2.1_hiera_nano.pt");
        using var standard = ModelLoader.Load(file);
        using var model = ModelLoader.Load(file, parts: new Sam2Parts
        {
            MemoryAttention = _ =>
            {
                var attention = new IdentityAttention();
                foreach (var parameter in attention.parameters()) nn.init.constant_(parameter, 3);
                return attention;
            },
        });
        var expected = standard.state_dict();
        Assert.Multiple(() =>
        {
            foreach (var (key, value) in model.state_dict())
                Close.Within(value, expected.TryGetValue(key, out var stored) ? stored : full_like(value, 3), 0, key);
        });
    }

    [Test]
    public void An_own_image_encoder_and_own_blocks_stand_in_the_first_segment_anything()
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        var config = SamModels.Plain;
        var image = DeterministicWeights.NoiseTensor("image", 1, 3, config.ImageSize, config.ImageSize);

        var convolution = nn.Conv2d(3, config.PromptEmbedDim, kernel_size: 16, stride: 16);
        using var model = new SamModel(config, imageEncoder: convolution);
        Assert.That(model.state_dict().Keys.Where(key => key.StartsWith("image_encoder.", StringComparison.Ordinal)), Is.EquivalentTo(new[] { "image_encoder.weight", "image_encoder.bias" }));
        using var features = model.EncodePicture(image);
        Close.Within(features.Embedding, convolution.call(image), 0, "embedding");

        using var plain = new ImageEncoderViT(config.ImageEncoderViT!, config.ImageSize, config.PromptEmbedDim, block: _ => new Twice());
        Assert.That(plain.state_dict().Keys, Has.None.StartsWith("blocks."));
        Assert.That(plain.call(image).shape, Is.EqualTo(features.Embedding.shape));
    }

    /// <summary>Doubles its input.</summary>
    private sealed class Twice() : nn.Module<Tensor, Tensor>(nameof(Twice))
    {
        public override Tensor forward(Tensor input) => input + input;
    }

    [Test]
    public void A_trunk_of_other_channels_than_the_neck_expects_is_refused()
    {
        using var scope = NewDisposeScope();
        using var encoder = new ImageEncoder(Nano.ImageEncoder, trunk: new ConvolutionalTrunk(16, 32, 64, 128));
        Assert.That(() => encoder.call(zeros(1, 3, 64, 64)),
            Throws.ArgumentException.With.Message.Contains("[128, 64, 32, 16]").And.Message.Contains("backbone_channel_list"));
    }

    private static IEnumerable<string> KeysOf(Sam2Model model) => model.state_dict().Keys;

    private static IEnumerable<string> Without(Sam2Model model, string prefix) =>
        KeysOf(model).Where(key => !key.StartsWith(prefix, StringComparison.Ordinal));
}
